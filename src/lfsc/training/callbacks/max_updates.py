"""The end of a run, counted in our own updates."""

from lightning.pytorch import Callback, Trainer

from lfsc.training.module import CodecModule


class MaxUpdates(Callback):
    """Stops when `max_updates` are completed; stands first in the list, so that the others know of the last update."""

    def __init__(self, *, max_updates: int):
        self.max_updates = max_updates

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        trainer.should_stop = module.updates >= self.max_updates

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, *_) -> None:
        if module.updates >= self.max_updates:
            trainer.should_stop = True
