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
# More threads or devices than a machine has, and more machines than any cluster.
MOST_THREADS, MOST_DEVICES, MOST_NODES = 4096, 1024, 65536
# Those of sections that may be 0.
OR_NONE = (
    ("discriminators", "warmup_updates"),
    ("debug", "profile"),
    ("health_checks", "discriminator_updates"),
    ("health_checks", "mel_rises"),
)


def check_counts(config: dict[str, Any]) -> None:
    """ValueError for numbers of updates, samples, clips or micro-batches that cannot be, or not together."""
    for name in COUNTS:
        check_count(name, config[name])
    for name, most in (("loss_gradients_every", None), ("num_threads", MOST_THREADS), ("patience", None)):
        if config[name] is not None:
            check_count(name, config[name], most=most)
    check_count("trainer.num_nodes", config["trainer"]["num_nodes"], most=MOST_NODES)
    if type(devices := config["trainer"]["devices"]) is int:
        # -1 is all that there are.
        check_count("trainer.devices", devices, least=-1, most=MOST_DEVICES)
    start_at = config["discriminators"].get("start_at")
    if type(start_at) is not int or not 0 <= start_at < config["max_updates"]:
        raise ValueError(
            f"discriminators.start_at={start_at}: expected a whole number from 0 to below "
            f"max_updates={config['max_updates']}; discriminators.start_at=0 has them from the start"
        )
    for name in ("save_top_k", "num_audio_samples", "num_workers"):
        check_count(name, config[name], least=0)
    for section, name in OR_NONE:
        check_count(f"{section}.{name}", config[section].get(name), least=0)
    micro_batches = config["num_micro_batches"]
    name, clips = find_setting(config, "batch_size")
    if clips % micro_batches:
        raise ValueError(f"num_micro_batches={micro_batches}: expected a number that divides {name}={clips}")


def check_count(name: str, value: Any, *, least: int = 1, most: int | None = None) -> None:
    if type(value) is not int or value < least or (most is not None and value > most):
        span = f"{least} on" if most is None else f"{least} to {most}"
        raise ValueError(f"{name}={value}: expected a whole number from {span}")


def find_setting(config: dict[str, Any], name: str) -> tuple[str, Any]:
    """A setting that the section `data` takes from the key of the same name, unless it has another: whose, and what.

    A section of one's own class may not have it.
    """
    value = config["data"].get(name, config[name])
    return (name, value) if value == config[name] else (f"data.{name}", value)


def is_on_one_device(trainer: dict[str, Any]) -> bool:
    """Whether a run's section `trainer` asks for one process."""
    return trainer["strategy"] != "ddp" and trainer["devices"] == 1 and trainer["num_nodes"] <= 1
