"""Data of a resumed run whose checkpoint does not say where it was in them."""

import logging
from typing import Any

from lightning.pytorch import Callback, Trainer

from lfsc.training.module import CodecModule

logger = logging.getLogger(__name__)


class ResumedData(Callback):
    """Warns that the data start afresh, which Lightning does without a word."""

    def on_load_checkpoint(self, trainer: Trainer, module: CodecModule, checkpoint: dict[str, Any]) -> None:
        data = trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it from elsewhere
        if type(data).__qualname__ not in checkpoint and trainer.is_global_zero:
            logger.warning("the data start afresh, because the checkpoint has no position in them")
