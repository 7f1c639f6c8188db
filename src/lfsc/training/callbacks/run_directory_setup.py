"""The run's folder, made ready before anything is written into it."""

import sys
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from lfsc.config.own_code import record_own
from lfsc.runs.directory import Run
from lfsc.runs.status import RUNNING
from lfsc.training.checkpoint_io import set_aside_newer


class RunDirectorySetup(Callback):
    """Writes down configuration and environment when all ranks are there: each has then seen the same directory."""

    def __init__(self, config: dict[str, Any], run: Run, *, recipe: str | None, index_hash: str | None, at: int | None):
        self.config = config
        self.run = run
        self.recipe = recipe
        self.index_hash = index_hash
        self.at = at

    def setup(self, trainer: Trainer, module: LightningModule, stage: str) -> None:
        if not trainer.is_global_zero:
            return
        if self.at is not None:
            set_aside_newer(self.run.checkpoints, self.at)
        else:
            self.prepare()
        self.run.write_status(RUNNING, self.at or 0, self.config["max_updates"])

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        # A resume keeps the configuration until the checkpoint has been taken back under the new one.
        if self.at is not None and trainer.is_global_zero:
            self.prepare()
        for logger in trainer.loggers:
            logger.log_hyperparams(self.config)

    def prepare(self) -> None:
        self.run.prepare(
            self.config,
            recipe=self.recipe,
            command=sys.argv,
            index_hash=self.index_hash,
            own_code=record_own(self.config),
        )
