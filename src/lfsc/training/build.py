"""A configuration made into what Lightning runs."""

import os
import sys
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from lfsc.config.checks import check_counts
from lfsc.config.instantiate import build
from lfsc.cpu.apply import use_fast_layers
from lfsc.losses.weighted import WeightedLosses
from lfsc.runs.directory import Run
from lfsc.training.callbacks.audio_samples import Samples
from lfsc.training.callbacks.checkpointing import Checkpoints
from lfsc.training.callbacks.codebook_usage import CodebookUse
from lfsc.training.callbacks.ema import Averaging
from lfsc.training.callbacks.health_checks import Alarms
from lfsc.training.callbacks.heartbeat import Heartbeat
from lfsc.training.callbacks.loss_gradient_norms import LossGradients
from lfsc.training.callbacks.max_updates import StopAt
from lfsc.training.callbacks.metric_logging import Recording
from lfsc.training.callbacks.model_summary import Announcement
from lfsc.training.callbacks.nonfinite import NonFinite
from lfsc.training.callbacks.overfit_batch import Overfit
from lfsc.training.callbacks.preemption import Interruption
from lfsc.training.callbacks.profiler import Profile
from lfsc.training.callbacks.progress_bar import ProgressBar
from lfsc.training.callbacks.resumed_optimizer import NewRates
from lfsc.training.callbacks.rng_state import Randomness
from lfsc.training.callbacks.throughput import Pace
from lfsc.training.callbacks.validation import Validation
from lfsc.training.checkpoint_io import AtomicCheckpointIO
from lfsc.training.compiling import compile_parts
from lfsc.training.ddp import PlayersDDP
from lfsc.training.freezing import freeze
from lfsc.training.loggers.build import build_loggers
from lfsc.training.module import CodecTraining
from lfsc.training.optimization import Player
from lfsc.training.precision import build_scaler, checked_precision, precision_plugins, set_tf32

NEVER = sys.maxsize


def build_module(config: dict[str, Any]) -> CodecTraining:
    check_counts(config)
    codec = use_fast_layers(build(config["codec"]))
    if config["crop_length"] % codec.hop_length:
        raise ValueError(
            f"crop_length={config['crop_length']} is not a multiple of the codec's hop of {codec.hop_length} samples"
        )
    freeze(codec, config["freeze"])
    losses = build(config["losses"])
    ensemble = dict(config["discriminators"])
    # Runs that were begun without the key know no warm-up.
    warmup_updates = ensemble.pop("warmup_updates", 0)
    precision = checked_precision(config["trainer"])
    generator, discriminators = (
        Player(**config["optimizers"][name], scaler=build_scaler(precision)) for name in ("generator", "discriminators")
    )
    module = CodecTraining(
        config=config,
        codec=codec,
        discriminators=build(ensemble),
        reconstruction_losses=WeightedLosses(losses["reconstruction"]),
        judged_losses=WeightedLosses(losses["judged"]),
        discriminator_loss=losses["discriminator"],
        generator_player=generator,
        discriminators_player=discriminators,
        discriminators_every=config["discriminators_every"],
        updates_per_epoch=config["updates_per_epoch"],
        accumulate=config["accumulate"],
        # Older runs have not these keys.
        recompute=config.get("recompute", False),
        warmup_updates=warmup_updates,
    )
    if config.get("compile", False):
        compile_parts(module)
    return module


def build_trainer(config: dict[str, Any], run: Run, *, resumed_at: int | None = None) -> Trainer:
    settings = dict(config["trainer"])
    precision = checked_precision(settings)
    set_tf32(settings.pop("tf32"), precision)
    plugins = precision_plugins(precision)
    return on_devices(
        **settings | {"precision": None if plugins else precision, "strategy": build_strategy(settings)},
        logger=build_loggers(config, run, resumed_at=resumed_at),
        callbacks=build_callbacks(config, run),
        plugins=[AtomicCheckpointIO(), *plugins],
        detect_anomaly=config["debug"]["anomaly"],
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


def on_devices(*, accelerator: str, devices: Any, **options) -> Trainer:
    """Lightning's trainer; ValueError where this machine has not what it should run on."""
    try:
        return Trainer(accelerator=accelerator, devices=devices, **options)
    except (MisconfigurationException, ModuleNotFoundError) as error:
        raise ValueError(f"trainer.accelerator={accelerator} trainer.devices={devices}: {error}") from error


def build_strategy(settings: dict[str, Any]) -> PlayersDDP | str:
    """Both players under DDP wherever there can be more than one device."""
    if settings["strategy"] not in ("auto", "ddp"):
        raise ValueError(f"trainer.strategy={settings['strategy']}: expected auto or ddp")
    if settings["strategy"] == "ddp" or settings["devices"] != 1 or settings["num_nodes"] > 1:
        return PlayersDDP()
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        raise ValueError(
            f"{os.environ['WORLD_SIZE']} processes were started for trainer.devices=1, and each would train by itself: "
            "add trainer=ddp"
        )
    return "auto"


def build_callbacks(config: dict[str, Any], run: Run) -> list[Callback]:
    """In the order in which they hear of an update: whether it is the last, what it gave, then what is kept of it."""
    sample_rate, max_updates, log_every = config["sample_rate"], config["max_updates"], config["log_every"]
    return [
        Announcement(),
        StopAt(max_updates=max_updates),
        Interruption(),
        Randomness(),
        NewRates(),
        *optional_callbacks(config, run),
        NonFinite(file=run.nonfinite_file, in_a_row=config["nonfinite_in_a_row"], every=log_every),
        Pace(sample_rate=sample_rate, window=log_every),
        CodebookUse(window=config["codebook_window"]),
        Samples(folder=run.samples, count=config["samples"], sample_rate=sample_rate),
        Validation(every=config["validate_every"], max_updates=max_updates, sample_rate=sample_rate),
        Recording(every=log_every, max_updates=max_updates, warmup_file=run.warmup_file),
        Alarms(**config["alarms"]),
        ProgressBar(max_updates=max_updates),
        Checkpoints(
            folder=run.checkpoints,
            every=config["checkpoint_every"],
            keep_last=config["keep_last"],
            keep_best=config["keep_best"],
            metric=config["best_metric"],
            mode=config["best_mode"],
        ),
        Heartbeat(run=run, max_updates=max_updates),
    ]


def optional_callbacks(config: dict[str, Any], run: Run) -> list[Callback]:
    """What a configuration asks for beyond what every run has."""
    debug = config["debug"]
    asked = []
    if debug["overfit"]:
        asked.append(Overfit())
    if debug["profile"]:
        asked.append(Profile(folder=run.path / "profile", updates=debug["profile"]))
    if config["ema"] is not None:
        asked.append(Averaging(decay=config["ema"]))
    if config["loss_gradients_every"] is not None:
        asked.append(LossGradients(every=config["loss_gradients_every"]))
    return asked
