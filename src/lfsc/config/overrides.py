"""What people give as key=value, checked."""

from collections.abc import Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

# Keys of Lightning's Trainer that people know and that would do nothing here, and what to set instead.
CLIP = "optimizers.generator.clip_norm and optimizers.discriminators.clip_norm"
INSTEAD = {
    "accumulate_grad_batches": "num_micro_batches",
    "callbacks": "what conf/train.yaml has for it",
    "check_val_every_n_epoch": "validate_every",
    "default_root_dir": "runs_root and name",
    "detect_anomaly": "debug=anomaly",
    "enable_checkpointing": "checkpoint_every",
    "fast_dev_run": "max_updates",
    "gradient_clip_algorithm": CLIP,
    "gradient_clip_val": CLIP,
    "limit_train_batches": "max_updates",
    "limit_val_batches": "data.max_val_clips",
    "log_every_n_steps": "log_every",
    "logger": "logger=csv, logger=tensorboard or logger=wandb",
    "max_epochs": "max_updates",
    "max_steps": "max_updates",
    "max_time": "max_updates",
    "min_epochs": "max_updates",
    "min_steps": "max_updates",
    "overfit_batches": "debug=overfit",
    "profiler": "debug=profile",
    "val_check_interval": "validate_every",
}


def check_assignments(items: list[str]) -> None:
    for item in items:
        if "=" not in item:
            raise ValueError(f"{item!r} is not key=value, as max_updates=100 is")


def check_overrides(items: list[str]) -> None:
    """ValueError for what is not one value for one key in Hydra's grammar."""
    check_assignments(items)
    grammar = OverridesParser.create()
    for item in items:
        key, _, value = item.partition("=")
        try:
            several = grammar.parse_override(item).is_sweep_override()
        except HydraException as error:
            raise ValueError(
                f"{item} cannot be read: give a value that holds = ( ) [ ] or quotes as \"{key}='…'\"; a list is [1,2]"
            ) from error
        if several:
            raise ValueError(
                f"{item} is several values: a list is {key}=[{value}]; `lfsc sweep` and --multirun try each in turn"
            )


def check_kinds(default: Any, chosen: Any, key: str = "", *, free: Sequence[str] = ("trainer.devices",)) -> None:
    """ValueError where an override put another kind of value in the place of a number, a switch or a section.

    The keys in `free` may hold anything: devices are a number, a list of numbers, or auto.
    """
    if key in free:
        return
    if isinstance(default, dict) and isinstance(chosen, dict):
        for name in default.keys() & chosen.keys():
            check_kinds(default[name], chosen[name], f"{key}.{name}".lstrip("."), free=free)
        return
    expected = {bool: "true or false", int: "a whole number", float: "a number", dict: "a section of keys"}.get(
        type(default)
    )
    fits = type(chosen) is type(default) or (type(default) is float and type(chosen) is int) or chosen is None
    if expected and not fits:
        raise ValueError(f"{key}={chosen}: expected {expected}, such as {default}")


def with_texts(default: Any, chosen: Any) -> Any:
    """`chosen` with text wherever the default is text: a run may be called name=7."""
    if isinstance(default, dict) and isinstance(chosen, dict):
        return {name: with_texts(default.get(name), value) for name, value in chosen.items()}
    is_text = isinstance(default, str) and "${" not in default
    return str(chosen) if is_text and type(chosen) in (int, float) else chosen


def instead(key: str) -> str | None:
    """What to set in the place of `trainer.KEY`, or of KEY alone; None where that is no key of Lightning's."""
    section, _, name = key.rpartition(".")
    return INSTEAD.get(name) if section in ("trainer", "") else None


def check_trainer_keys(given: dict[str, Any], known: dict[str, Any]) -> None:
    """ValueError for keys of the section `trainer` that it does not have, however they came there."""
    for name in sorted(given.keys() - known.keys()):
        hint = f"set {INSTEAD[name]} instead" if name in INSTEAD else f"trainer has {', '.join(sorted(known))}"
        raise ValueError(f"no key 'trainer.{name}': {hint}")
