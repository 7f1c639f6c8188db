"""One run, from its configuration to its last checkpoint."""

import logging
import sys
import warnings
from pathlib import Path
from typing import Any

from lightning import seed_everything
from lightning.pytorch import Callback, LightningModule, Trainer

from lfsc.configs import build
from lfsc.data.corpus import read_corpus
from lfsc.training.assembly import build_module, build_trainer
from lfsc.training.checkpoints import set_aside_newer, update_of
from lfsc.training.module import CodecTraining
from lfsc.training.ranks import is_first
from lfsc.training.run import Run
from lfsc.training.status import RUNNING


def train(config: dict[str, Any], run: Run, *, checkpoint: Path | None = None) -> CodecTraining:
    """Train as `config` says, from the beginning or from a checkpoint on; everything of note is left in `run`."""
    quiet_lightning()
    seed_everything(config["seed"], verbose=False)
    corpus = read_corpus(config["data"]["path"], sample_rate=config["sample_rate"])
    module = build_module(config)
    datamodule = build(config["data"])
    if checkpoint is None and is_first():
        run.clear()
    resumed_at = None if checkpoint is None else update_of(checkpoint)
    trainer = build_trainer(config, run, resumed_at=resumed_at)
    # Before all others: they write into the directory that this one makes ready.
    trainer.callbacks.insert(0, Opening(config=config, run=run, index_hash=corpus.index_hash, resumed_at=resumed_at))
    trainer.fit(module, datamodule=datamodule, ckpt_path=checkpoint, weights_only=True)
    return module


class Opening(Callback):
    """Writes down what the run was told, when all ranks are there: each has then seen the same directory."""

    def __init__(self, *, config: dict[str, Any], run: Run, index_hash: str | None, resumed_at: int | None):
        self.config = config
        self.run = run
        self.index_hash = index_hash
        self.resumed_at = resumed_at

    def setup(self, trainer: Trainer, module: LightningModule, stage: str) -> None:
        if not trainer.is_global_zero:
            return
        if self.resumed_at is not None:
            set_aside_newer(self.run.checkpoints, self.resumed_at)
        self.run.prepare(self.config, command=sys.argv, index_hash=self.index_hash)
        self.run.write_status(RUNNING, self.resumed_at or 0, self.config["max_updates"])


def quiet_lightning() -> None:
    """Keep its warnings, drop its tips, advertisements and notes of its own deprecations."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*LeafSpec.*")
