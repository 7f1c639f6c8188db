"""status.json: where the run stands, for people and for `lfsc runs`."""

import logging
import time

from lightning.pytorch import Callback, LightningModule, Trainer

from lfsc.training.run import Run
from lfsc.training.status import FAILED, FINISHED, INTERRUPTED, RUNNING

logger = logging.getLogger(__name__)


class Heartbeat(Callback):
    """Says every `seconds` that the run is alive, and at the end how it ended."""

    def __init__(self, *, run: Run, max_updates: int, seconds: float = 10.0):
        self.run = run
        self.max_updates = max_updates
        self.seconds = seconds
        self.said = 0.0

    def say(self, trainer: Trainer, module: LightningModule, state: str, message: str = "") -> None:
        if trainer.is_global_zero:
            self.run.write_status(state, module.updates, self.max_updates, message)
            self.said = time.monotonic()

    def say_now_and_then(self, trainer: Trainer, module: LightningModule) -> None:
        if time.monotonic() - self.said > self.seconds:
            self.say(trainer, module, RUNNING)

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.say(trainer, module, RUNNING)

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_) -> None:
        self.say_now_and_then(trainer, module)

    def on_validation_batch_end(self, trainer: Trainer, module: LightningModule, *_) -> None:
        self.say_now_and_then(trainer, module)

    def on_fit_end(self, trainer: Trainer, module: LightningModule) -> None:
        self.say(trainer, module, FINISHED if module.updates >= self.max_updates else INTERRUPTED)

    def on_exception(self, trainer: Trainer, module: LightningModule, exception: BaseException) -> None:
        interrupted = isinstance(exception, KeyboardInterrupt)
        try:
            self.say(trainer, module, INTERRUPTED if interrupted else FAILED, " ".join(str(exception).split()))
        except OSError as error:
            # A full disk may be what went wrong at first, which is told better than by this.
            logger.warning("%s could not be written: %s", self.run.status_file, error)
