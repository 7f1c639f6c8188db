"""One run, from its configuration to its last checkpoint."""

import logging
import re
import sys
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch
from lightning import seed_everything

from lfsc.config.instantiate import build
from lfsc.config.scalars import as_text
from lfsc.data import loader_failures
from lfsc.data.corpus import read_corpus
from lfsc.distributed import is_first
from lfsc.formats.init_from import Part, initialize_from
from lfsc.io.messages import as_word, one_line, say_count
from lfsc.nn.memory import explain_shortage
from lfsc.runs.checkpoints import update_of
from lfsc.runs.directory import Run
from lfsc.training.build import build_module, build_trainer
from lfsc.training.callbacks.heartbeat import failure_elsewhere
from lfsc.training.callbacks.run_directory_setup import RunDirectorySetup
from lfsc.training.compiling import compile_failure
from lfsc.training.discriminator_warmup import DiscriminatorWarmup
from lfsc.training.module import CodecModule

# How gloo and NCCL report a process that they have lost.
LOST = re.compile(r"[Cc]onnection (closed|reset|refused)|Broken pipe|remote process exited|NCCL (communicator|error)")
# What torch says where a window or a kernel is longer than what it should go over.
TOO_SHORT = re.compile(r"Padding size should be less than|Kernel size can't be greater than actual input size")
LESS_MEMORY = (
    "a smaller batch_size, num_micro_batches=N, activation_checkpointing=true, trainer.precision=bf16-mixed and a "
    "shorter crop_length need less (docs/scale.md, Memory)"
)


def train(
    config: dict[str, Any],
    run: Run,
    *,
    checkpoint: Path | None = None,
    recipe: str | None = None,
    trusted: Collection[str] = (),
) -> CodecModule:
    """Train as `config` says, from the beginning or from a checkpoint on; everything of note is left in `run`.

    The weights of `init_from` may be of `trusted` modules' classes, beside those that `config` names.
    """
    quiet_lightning()
    before = run.status()
    if config["num_threads"] is not None:
        torch.set_num_threads(config["num_threads"])
    seed_everything(config["seed"], verbose=False)
    corpus = read_corpus(config["data"]["path"], sample_rate=config["sample_rate"])
    module = build_module(config)
    if config["init_from"] is not None and checkpoint is None:
        begin_from(config["init_from"], module, trusted)
    datamodule = build(config["data"], where="data")
    if checkpoint is None and is_first():
        run.clear()
    resumed_at = None if checkpoint is None else update_of(checkpoint)
    # The other callbacks write into the directory that this one makes ready.
    setup = RunDirectorySetup(config, run, recipe=recipe, index_hash=corpus.index_hash, at=resumed_at)
    trainer = build_trainer(config, run, first=[setup])
    try:
        trainer.fit(module, datamodule=datamodule, ckpt_path=checkpoint, weights_only=True)
    except SystemExit as error:
        # Lightning's, without a word, after a second Ctrl-C.
        if trainer.interrupted:
            raise KeyboardInterrupt from error
        raise
    except (MemoryError, RuntimeError) as error:
        # This rank may only have lost the connection to one that failed.
        if elsewhere := failure_elsewhere(run, before):
            raise ValueError(f"another rank failed: {elsewhere}") from error
        if reason := explain_failure(error, config, run, world_size=trainer.world_size):
            raise ValueError(reason) from error
        raise
    return module


def explain_failure(error: Exception, config: dict[str, Any], run: Run, *, world_size: int) -> str | None:
    """What an error of a training means, in one line; None where only its traceback can tell."""
    # The death of a worker is raised wherever this process is, such as in a checkpoint.
    if reason := loader_failures.explain(error) or explain_shortage(error, LESS_MEMORY):
        return reason
    if reason := compile_failure(error):
        return f"compile={as_text(config['compile'])}, and a part could not be compiled: {reason}; take compile=false"
    if TOO_SHORT.search(str(error)):
        lengths = f"crop_length={config['crop_length']} or data.val_crop_length={config['data'].get('val_crop_length')}"
        return f"{lengths} is too short for a loss or a discriminator ({one_line(error)[:120]}): take longer crops"
    if world_size > 1 and LOST.search(str(error)):
        advice = f"`lfsc resume {as_word(run.path)}` resumes from the last checkpoint"
        return f"another rank is gone ({one_line(error)[:120]}); {advice}"
    if "not available" in str(error) and "EarlyStopping" in str(error):  # a metric of that name, as it goes on
        return str(error)
    return None


def begin_from(source: str, module: CodecModule, trusted: Collection[str] = ()) -> None:
    """Weights of another training in place of the random ones, and what became of each part on stderr."""
    parts = initialize_from(
        source,
        codec=module.codec,
        discriminators=module.discriminators,
        config=module.config,
        trusted=trusted,
    )
    words = settle_warmup(parts, module.warmup)
    if is_first():
        print(*(f"init_from {source}: {line}" for line in [*parts, words]), sep="\n", file=sys.stderr)


def settle_warmup(parts: list[Part], warmup: DiscriminatorWarmup) -> str:
    """Restrict a warm-up to the families that were not loaded; what becomes of it, in words."""
    prefix = "discriminators."
    families = {part.name.removeprefix(prefix): part for part in parts if part.name.startswith(prefix)}
    new = [name for name, part in families.items() if part.missing]
    came = [name for name, part in families.items() if part.loaded]
    if came and not new:
        warmup.updates = 0
        return "discriminators came along, so that they need no warm-up"
    missing = f"of the discriminators {', '.join(new)} did not come along" if came else "no discriminators came along"
    if warmup.updates == 0:
        return f"{missing}; discriminators.warmup_updates=N would let new ones learn first"
    warmup.families = new if came else None
    return f"{missing}, so that new ones learn alone for {say_count(warmup.updates, 'update')} before update 0"


def quiet_lightning() -> None:
    """Keep its warnings, drop its tips, advertisements and notes of its own deprecations."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*LeafSpec.*")
    # A network that has not stepped yet, before discriminators.start_at, has a schedule that counts all the same.
    warnings.filterwarnings("ignore", message=".*lr_scheduler.step.* before .*optimizer.step.*")
    # A resumed run has the callbacks of its configuration, which the user may have changed.
    warnings.filterwarnings("ignore", message=".*callbacks used to create the checkpoint.*")
    # Lightning warns so of a corpus without validation clips.
    warnings.filterwarnings("ignore", message=".*length of `list` across ranks is zero.*")
    # More loader processes than cores take turns: how many there are is a recipe's, for machines of any size.
    warnings.filterwarnings("ignore", message=".*worker processes in total.*")
