"""The codec's weights, scaled on the first batch of a run."""

from lightning.pytorch import Callback, LightningModule, Trainer

from lfsc.models.data_dependent import initialise_on


class InitialiseOnData(Callback):
    """Before the first update of a run that begins from random weights; all ranks take rank 0's."""

    def on_train_batch_start(self, trainer: Trainer, module: LightningModule, batch, batch_idx: int) -> None:
        if module.updates > 0:
            return
        initialise_on(module.codec, batch.audio)
        module.codec.load_state_dict(trainer.strategy.broadcast(module.codec.state_dict()))
