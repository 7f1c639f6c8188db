"""One run, from its configuration to its last checkpoint."""

import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import torch
from lightning import seed_everything
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger

from lfsc.bundle.initialising import initialise
from lfsc.configs import build
from lfsc.data.corpus import read_corpus
from lfsc.losses.weighted import WeightedLosses
from lfsc.training.announcement import Announcement
from lfsc.training.checkpoints import AtomicCheckpointIO, Checkpoints
from lfsc.training.heartbeat import Heartbeat
from lfsc.training.metrics_csv import MetricsCSV
from lfsc.training.module import CodecTraining
from lfsc.training.player import Player
from lfsc.training.progress import ProgressBar
from lfsc.training.recording import Pace, Recording
from lfsc.training.run import Run
from lfsc.training.samples import Samples
from lfsc.training.stopping import StopAt
from lfsc.training.validation import Validation

NEVER = sys.maxsize


def train(config: dict[str, Any], run: Run, *, checkpoint: Path | None = None) -> CodecTraining:
    """Train as `config` says, from the beginning or from a checkpoint on; everything of note is left in `run`."""
    quiet_lightning()
    seed_everything(config["seed"], verbose=False)
    corpus = read_corpus(config["data"]["path"], sample_rate=config["sample_rate"])
    module = build_module(config)
    if config["init_from"] is not None and checkpoint is None:
        begin_from(config["init_from"], module)
    datamodule = build(config["data"])
    run.prepare(config, command=sys.argv, index_hash=corpus.index_hash)
    trainer = build_trainer(config, run)
    trainer.fit(module, datamodule=datamodule, ckpt_path=checkpoint, weights_only=True)
    return module


def quiet_lightning() -> None:
    """Keep its warnings, drop its tips, advertisements and notes of its own deprecations."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*LeafSpec.*")


def build_module(config: dict[str, Any]) -> CodecTraining:
    codec = build(config["codec"])
    if config["crop_length"] % codec.hop_length:
        raise ValueError(
            f"crop_length={config['crop_length']} is not a multiple of the codec's hop of {codec.hop_length} samples"
        )
    losses = build(config["losses"])
    return CodecTraining(
        config=config,
        codec=codec,
        discriminators=build(config["discriminators"]),
        reconstruction_losses=WeightedLosses(losses["reconstruction"]),
        judged_losses=WeightedLosses(losses["judged"]),
        discriminator_loss=losses["discriminator"],
        generator_player=Player(**config["optimizers"]["generator"]),
        discriminators_player=Player(**config["optimizers"]["discriminators"]),
        discriminators_every=config["discriminators_every"],
        updates_per_epoch=config["updates_per_epoch"],
    )


def begin_from(source: str, module: CodecTraining) -> None:
    """Weights of another training in the place of the random ones, and what became of each part on stderr."""
    for part in initialise(source, codec=module.codec, discriminators=module.discriminators, config=module.config):
        print(f"init_from {source}: {part}", file=sys.stderr)


def build_trainer(config: dict[str, Any], run: Run) -> Trainer:
    settings = dict(config["trainer"])
    tf32 = settings.pop("tf32")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    return Trainer(
        **settings,
        logger=build_loggers(config, run),
        callbacks=build_callbacks(config, run),
        plugins=[AtomicCheckpointIO()],
        # Updates decide when to stop, validate and save, by callbacks: Lightning's own schedules count other things.
        max_epochs=-1,
        check_val_every_n_epoch=NEVER,
        num_sanity_val_steps=0,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        default_root_dir=run.path,
    )


def build_callbacks(config: dict[str, Any], run: Run) -> list[Callback]:
    """In the order in which they hear of an update: whether it is the last, what it gave, then what is kept of it."""
    sample_rate = config["sample_rate"]
    return [
        Announcement(),
        StopAt(max_updates=config["max_updates"]),
        Pace(sample_rate=sample_rate, window=config["log_every"]),
        Samples(folder=run.samples, count=config["samples"], sample_rate=sample_rate),
        Validation(every=config["validate_every"], sample_rate=sample_rate),
        Recording(every=config["log_every"]),
        ProgressBar(max_updates=config["max_updates"]),
        Checkpoints(
            folder=run.checkpoints,
            every=config["checkpoint_every"],
            keep_last=config["keep_last"],
            keep_best=config["keep_best"],
            metric=config["best_metric"],
            mode=config["best_mode"],
        ),
        Heartbeat(run=run, max_updates=config["max_updates"]),
    ]


def build_loggers(config: dict[str, Any], run: Run) -> list[Logger]:
    """metrics.csv always, and what `logger` asks for beside it."""
    loggers: list[Logger] = [MetricsCSV(run.metrics_file)]
    settings = dict(config["logger"])
    kind = settings.pop("kind")
    if kind == "tensorboard":
        loggers.append(TensorBoardLogger(save_dir=run.path, name="tensorboard", version=""))
    elif kind == "wandb":
        # The run's name is its id, so that a resumed run is the same run there.
        run_id = str(run.path).replace("/", "-")
        loggers.append(WandbLogger(name=config["name"], id=run_id, save_dir=run.path, resume="allow", **settings))
    elif kind != "csv":
        raise ValueError(f"logger.kind={kind}: expected csv, tensorboard or wandb")
    return loggers
