"""What people give as key=value, checked."""

from typing import Any, NamedTuple

from lfsc.config.scalars import as_text
from lfsc.config.words import Words, quote, split_values

# Keys, most of them of Lightning's Trainer, that people know and that would do nothing here, and what to set instead.
CLIP = "optimizers.generator.clip_norm and optimizers.discriminators.clip_norm"
INSTEAD = {
    "accumulate_grad_batches": "num_micro_batches",
    "callbacks": "callbacks.NAME",
    "check_val_every_n_epoch": "validate_every",
    "ckpt_path": "init_from for its weights, or run `lfsc resume RUN`,",
    "default_root_dir": "runs_root and name",
    "detect_anomaly": "debug=anomaly",
    "enable_checkpointing": "checkpoint_every",
    "fast_dev_run": "max_updates",
    "gradient_clip_algorithm": CLIP,
    "gradient_clip_val": CLIP,
    "limit_train_batches": "max_updates",
    "limit_val_batches": "data.max_val_clips",
    "log_every_n_steps": "log_every",
    "logger": "logger=tensorboard or logger=wandb",
    "lr": "optimizers.generator.lr and optimizers.discriminators.lr",
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


class Override(NamedTuple):
    """`key=value`, `+key=value` for a new key, `++key=value` for either, or `~key`."""

    item: str
    sign: str
    key: str
    value: Any

    @property
    def removes(self) -> bool:
        return self.sign == "~"


def check_assignments(items: list[str]) -> None:
    for item in items:
        if "=" not in item and not item.startswith("~"):
            raise ValueError(f"{item!r} is not key=value, as max_updates=100 is, nor ~key")
        if item.lstrip("+~").startswith(("hydra.", "hydra/", "hydra=")):
            raise ValueError(f"{item}: {NO_HYDRA}")


def parse_overrides(items: list[str]) -> list[Override]:
    """What people gave as `key=value`; ValueError for what is not one value for one key."""
    check_assignments(items)
    return [parse_override(item) for item in items]


def parse_override(item: str) -> Override:
    key, _, text = item.partition("=")
    name = key.lstrip("+~")
    sign = key.removesuffix(name)
    if sign not in ("", "+", "++", "~") or not name.strip() or set(name) & set("'\"()[]{},"):
        raise ValueError(f"{item} is not key=value, as max_updates=100 is, nor ~key")
    if len(values := split_values(text)) > 1:
        raise ValueError(
            f"{item} is several values: a list is {key}=[{text}], a text stands in quotes, {key}='\"…\"'; "
            "`lfsc sweep` and --multirun try each in turn"
        )
    try:
        return Override(item, sign, name, Words(values[0]).read())
    except ValueError as error:
        raise ValueError(
            f"{item} cannot be read: give a value that holds = ( ) [ ] or quotes as \"{key}='…'\"; a list is [1,2]"
        ) from error


def as_override(key: str, text: str) -> str:
    """`key=text`, in quotes where the text would be read as anything else."""
    plain = f"{key}={text}"
    try:
        is_plain = as_text(parse_override(plain).value) == text
    except ValueError:
        is_plain = False
    return plain if is_plain else f"{key}={quote(text)}"


def suggest(key: str) -> str | None:
    """What to set in place of `trainer.KEY`, or of KEY by itself; None where that is no key of Lightning's."""
    section, _, name = key.rpartition(".")
    return INSTEAD.get(name) if section in ("trainer", "") else None
