"""What people give as key=value, checked."""

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

# Keys of Lightning's Trainer that people know and that would do nothing here, and what to set instead.
CLIP = "optimizers.generator.clip_norm and optimizers.discriminators.clip_norm"
INSTEAD = {
    "accumulate_grad_batches": "num_micro_batches",
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
    "max_epochs": "max_updates",
    "max_steps": "max_updates",
    "max_time": "max_updates",
    "min_epochs": "max_updates",
    "min_steps": "max_updates",
    "overfit_batches": "debug=overfit",
    "profiler": "debug=profile",
    "val_check_interval": "validate_every",
}


NO_HYDRA = "Hydra starts nothing here; runs_root and name say where a run lies"


def check_assignments(items: list[str]) -> None:
    for item in items:
        if "=" not in item and not item.startswith("~"):
            raise ValueError(f"{item!r} is not key=value, as max_updates=100 is, nor ~key")
        if item.lstrip("+~").startswith(("hydra.", "hydra/", "hydra=")):
            raise ValueError(f"{item}: {NO_HYDRA}")


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


def instead(key: str) -> str | None:
    """What to set in the place of `trainer.KEY`, or of KEY alone; None where that is no key of Lightning's."""
    section, _, name = key.rpartition(".")
    return INSTEAD.get(name) if section in ("trainer", "") else None
