"""The numbers of a configuration that count something, checked before anything is built."""

from typing import Any

COUNTS = (
    "max_updates",
    "validate_every",
    "checkpoint_every",
    "log_every",
    "discriminators_every",
    "updates_per_epoch",
    "codebook_window",
    "crop_length",
    "batch_size",
    "accumulate",
)


def check_counts(config: dict[str, Any]) -> None:
    """ValueError for numbers of updates, samples, clips or pieces that cannot be, or not together."""
    for name in COUNTS:
        check_count(name, config[name])
    if config["loss_gradients_every"] is not None:
        check_count("loss_gradients_every", config["loss_gradients_every"])
    if type(config["workers"]) is not int or config["workers"] < 0:
        raise ValueError(f"workers={config['workers']}: expected loader processes, or 0 for none")
    if config["debug"]["profile"] < 0:
        raise ValueError(f"debug.profile={config['debug']['profile']}: expected updates to trace, or 0 for none")
    pieces, clips = config["accumulate"], config["batch_size"]
    if clips % pieces:
        raise ValueError(f"accumulate={pieces}: expected a number that divides batch_size={clips}")


def check_count(name: str, value: Any) -> None:
    if type(value) is not int or value < 1:
        raise ValueError(f"{name}={value}: expected a whole number from 1 on")
