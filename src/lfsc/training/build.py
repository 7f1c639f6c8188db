"""A configuration made into what Lightning runs."""

import os
import sys
from collections.abc import Sequence
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from lfsc.config.checks import CURRICULUM, check_counts, find_setting, is_on_one_device
from lfsc.config.from_weights import whole_frames
from lfsc.config.instantiate import build, call
from lfsc.cpu.apply import use_fast_layers
from lfsc.losses.named import NamedLosses
from lfsc.models.initialization import initialize
from lfsc.runs.directory import Run
from lfsc.training.callbacks.audio_samples import AudioSamples
from lfsc.training.callbacks.checkpointing import Checkpointing
from lfsc.training.callbacks.codebook_usage import CodebookUsage
from lfsc.training.callbacks.ema import EMA
from lfsc.training.callbacks.frozen_networks import FrozenNetworks
from lfsc.training.callbacks.health_checks import HealthChecks
from lfsc.training.callbacks.heartbeat import Heartbeat
from lfsc.training.callbacks.loss_gradient_norms import LossGradientNorms
from lfsc.training.callbacks.max_updates import MaxUpdates
from lfsc.training.callbacks.metric_logging import MetricLogging
from lfsc.training.callbacks.model_summary import ModelSummary
from lfsc.training.callbacks.nonfinite import NonFinite
from lfsc.training.callbacks.overfit_batch import OverfitBatch
from lfsc.training.callbacks.preemption import Preemption
from lfsc.training.callbacks.profiler import Profiler
from lfsc.training.callbacks.progress_bar import ProgressBar
from lfsc.training.callbacks.resumed_callbacks import ResumedCallbacks
from lfsc.training.callbacks.resumed_data import ResumedData
from lfsc.training.callbacks.resumed_optimizer import ResumedOptimizer
from lfsc.training.callbacks.rng_state import RngState
from lfsc.training.callbacks.throughput import Throughput
from lfsc.training.callbacks.validation import Validation
from lfsc.training.checkpoint_io import AtomicCheckpointIO
from lfsc.training.compiling import compile_parts
from lfsc.training.cuda_graphs import CapturedUpdates, check_cuda_graphs
from lfsc.training.ddp import GanDDPStrategy
from lfsc.training.freezing import freeze
from lfsc.training.loggers.build import build_loggers
from lfsc.training.module import CodecModule
from lfsc.training.optimization import GanOptimizer
from lfsc.training.own_callbacks import build_own_callbacks
from lfsc.training.precision import build_scaler, check_precision, on_gpu, precision_plugins, set_tf32

NEVER = sys.maxsize


def build_module(config: dict[str, Any]) -> CodecModule:
    check_counts(config)
    check_cuda_graphs(config)
    codec = build(config["codec"], where="codec")
    initialize(codec, config["initialization"])
    use_fast_layers(codec)
    name, crop_length = find_setting(config, "crop_length")
    if crop_length % codec.hop_length:
        raise ValueError(
            f"{name}={crop_length} is not a multiple of the codec's hop of {codec.hop_length} samples; the nearest is "
            f"{whole_frames(crop_length, codec.hop_length)}"
        )
    freeze(codec, config["freeze"])
    losses = build(config["losses"], where="losses")
    check_losses(losses, start_at=config["discriminators"]["start_at"])
    families = {name: family for name, family in config["discriminators"].items() if name not in CURRICULUM}
    module = CodecModule(
        config=config,
        codec=codec,
        discriminators=build(families, where="discriminators"),
        reconstruction_losses=NamedLosses(losses["reconstruction"]),
        adversarial_losses=NamedLosses(losses["adversarial"]),
        discriminator_loss=losses["discriminator"],
        generator_optimizer=build_optimizer(config, "generator"),
        discriminator_optimizer=build_optimizer(config, "discriminators"),
        discriminator_update_period=config["discriminator_update_period"],
        discriminators_start_at=config["discriminators"]["start_at"],
        num_micro_batches=config["num_micro_batches"],
        activation_checkpointing=config["activation_checkpointing"],
        warmup_updates=config["discriminators"]["warmup_updates"],
    )
    if config["compile"]:
        compile_parts(module, config["compile"])
    if config["cuda_graphs"]:
        module.run_update = CapturedUpdates(module)
    return module


def check_losses(losses: dict[str, Any], *, start_at: int) -> None:
    """ValueError where the codec would have no loss, or two losses have one name."""
    if not losses["reconstruction"] and (start_at or not losses["adversarial"]):
        raise ValueError("losses.reconstruction is empty: the codec has no other before discriminators.start_at")
    for name in losses["reconstruction"]:
        if name in {*losses["adversarial"], "discriminator"}:
            raise ValueError(f"losses.reconstruction.{name}: another loss has this name; give it one of its own")


def build_optimizer(config: dict[str, Any], network: str) -> GanOptimizer:
    where, settings = f"optimizers.{network}", dict(config["optimizers"][network])
    schedule, clip_norm = settings.pop("schedule", None), settings.pop("clip_norm", None)
    return call(
        GanOptimizer,
        where,
        True,
        optimizer=build(settings | {"_partial_": True}, where=where),
        schedule=None if schedule is None else build(schedule | {"_partial_": True}, where=f"{where}.schedule"),
        clip_norm=clip_norm,
        scaler=build_scaler(check_precision(config["trainer"])),
    )


def build_trainer(config: dict[str, Any], run: Run, *, first: Sequence[Callback] = ()) -> Trainer:
    """Lightning's trainer of a run, which calls the callbacks `first` before all others."""
    settings = dict(config["trainer"])
    precision = check_precision(settings)
    set_tf32(settings.pop("allow_tf32"), precision)
    plugins = precision_plugins(precision)
    return on_devices(
        **settings | {"precision": None if plugins else precision, "strategy": build_strategy(settings)},
        logger=build_loggers(config, run),
        callbacks=[*first, *build_callbacks(config, run)],
        plugins=[AtomicCheckpointIO(), *plugins],
        detect_anomaly=config["debug"]["anomaly"],
        # Updates decide when to stop, validate and save, by callbacks: Lightning's own schedules count other things.
        log_every_n_steps=config["log_every"],
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
    """Lightning's trainer; ValueError where this machine lacks what it should run on."""
    # Not as Lightning finds it: on a Mac, its GPU, which has no float64.
    kind = "cuda" if on_gpu({"accelerator": accelerator}) else "cpu" if accelerator == "auto" else accelerator
    if kind not in ("cpu", "cuda"):
        raise ValueError(f"trainer.accelerator={accelerator}: expected auto, cpu or gpu")
    if (kind, devices) == ("cpu", "auto"):  # Lightning takes one, however many processes torchrun has started
        devices = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    try:
        return Trainer(accelerator=kind, devices=devices, **options)
    except (MisconfigurationException, ModuleNotFoundError, RuntimeError, TypeError) as error:  # Runtime: of Slurm
        raise ValueError(f"trainer.accelerator={accelerator} trainer.devices={devices}: {error}") from error


def build_strategy(settings: dict[str, Any]) -> GanDDPStrategy | str:
    """Both networks under DDP wherever there can be more than one device."""
    if settings["strategy"] not in ("auto", "ddp"):
        raise ValueError(f"trainer.strategy={settings['strategy']}: expected auto or ddp")
    return "auto" if is_on_one_device(settings) else GanDDPStrategy()


def build_callbacks(config: dict[str, Any], run: Run) -> list[Callback]:
    """In the order of their calls after an update: whether it is the last, what it gave, what is kept of it."""
    sample_rate, max_updates, log_every = config["sample_rate"], config["max_updates"], config["log_every"]
    preemption, own, gradients_every = Preemption(), build_own_callbacks(config), config["loss_gradients_every"]
    return [
        ModelSummary(),
        MaxUpdates(max_updates=max_updates),
        preemption,
        RngState(),
        FrozenNetworks(),
        ResumedData(),
        ResumedOptimizer(),
        ResumedCallbacks(own),
        *optional_callbacks(config, run),
        NonFinite(file=run.nonfinite_file, max_consecutive=config["max_consecutive_nonfinite"], every=log_every),
        Throughput(sample_rate=sample_rate, window=log_every),
        # After it: what this computes before an update is no waiting for data.
        *([] if gradients_every is None else [LossGradientNorms(every=gradients_every)]),
        CodebookUsage(window=config["codebook_window"]),
        AudioSamples(folder=run.samples, count=config["num_audio_samples"], sample_rate=sample_rate),
        Validation(every=config["validate_every"], max_updates=max_updates, sample_rate=sample_rate),
        MetricLogging(every=log_every, max_updates=max_updates, warmup_file=run.warmup_file),
        HealthChecks(**config["health_checks"]),
        *own.values(),
        ProgressBar(max_updates=max_updates),
        Checkpointing(
            folder=run.checkpoints,
            every=config["checkpoint_every"],
            keep_last=config["keep_last"],
            save_top_k=config["save_top_k"],
            monitor=config["monitor"],
            mode=config["mode"],
        ),
        Heartbeat(run=run, max_updates=max_updates, preemption=preemption),
    ]


def optional_callbacks(config: dict[str, Any], run: Run) -> list[Callback]:
    """What a configuration asks for by its own keys, beyond what every run has."""
    debug = config["debug"]
    callbacks: list[Callback] = []
    if debug["overfit"]:
        callbacks.append(OverfitBatch())
    if debug["profile"]:
        callbacks.append(Profiler(folder=run.path / "profile", updates=debug["profile"]))
    if config["ema_decay"] is not None:
        callbacks.append(EMA(decay=config["ema_decay"]))
    return callbacks
