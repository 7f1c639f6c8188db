"""One batch for ever: a model that works learns it by heart."""

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer


class OverfitBatch(Callback):
    """Puts the audio of the run's first batch into all later ones; a resumed run takes the one that it begins with."""

    def __init__(self):
        self.audio: torch.Tensor | None = None

    def on_train_batch_start(self, trainer: Trainer, module: LightningModule, batch: Any, batch_idx: int) -> None:
        if self.audio is None:
            self.audio = batch.audio.clone()
        batch.audio.copy_(self.audio)
