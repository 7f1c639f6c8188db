"""The numbers of a configuration that count something, checked before anything is built."""

from typing import Any

# Keys of the section `discriminators` that are no discriminators.
CURRICULUM = ("start_at", "warmup_updates")
COUNTS = (
    "max_updates",
    "validate_every",
    "checkpoint_every",
    "log_every",
    "discriminator_update_period",
    "updates_per_epoch",
    "codebook_window",
    "crop_length",
    "batch_size",
    "num_micro_batches",
)


def check_counts(config: dict[str, Any]) -> None:
    """ValueError for numbers of updates, samples, clips or micro-batches that cannot be, or not together."""
    for name in COUNTS:
        check_count(name, config[name])
    for name in ("loss_gradients_every", "num_threads", "patience"):
        if config[name] is not None:
            check_count(name, config[name])
    start_at, warmup = (config["discriminators"].get(name) for name in ("start_at", "warmup_updates"))
    if type(start_at) is not int or not 0 <= start_at < config["max_updates"]:
        raise ValueError(
            f"discriminators.start_at={start_at}: expected a whole number from 0 to below "
            f"max_updates={config['max_updates']}; discriminators.start_at=0 has them from the start"
        )
    if type(warmup) is not int or warmup < 0:
        raise ValueError(f"discriminators.warmup_updates={warmup}: expected updates, or 0 for none")
    if type(config["num_workers"]) is not int or config["num_workers"] < 0:
        raise ValueError(f"num_workers={config['num_workers']}: expected loader processes, or 0 for none")
    if config["debug"]["profile"] < 0:
        raise ValueError(f"debug.profile={config['debug']['profile']}: expected updates to trace, or 0 for none")
    micro_batches, clips = config["num_micro_batches"], config["batch_size"]
    if clips % micro_batches:
        raise ValueError(f"num_micro_batches={micro_batches}: expected a number that divides batch_size={clips}")


def check_count(name: str, value: Any) -> None:
    if type(value) is not int or value < 1:
        raise ValueError(f"{name}={value}: expected a whole number from 1 on")


def is_on_one_device(trainer: dict[str, Any]) -> bool:
    """Whether a run's section `trainer` asks for one process."""
    return trainer["strategy"] != "ddp" and trainer["devices"] == 1 and trainer["num_nodes"] <= 1
