"""The processes that convert shards: one per GPU or core, or a Ray cluster, and those that decode audio for each."""

import argparse
from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from lfsc.parallel import Workers

# A guess, not measured: so many cores decode and resample some thousand seconds of audio a second.
MOST_DECODERS = 8
PRELOAD = ("lfsc.tokens.shard_conversion", "lfsc.formats.load")


def workers_of(options: argparse.Namespace, num_tasks: int, device) -> "AbstractContextManager[Workers]":
    from lfsc.parallel import cluster, count_cpus, here, local

    if options.ray:
        return cluster(options.ray, gpus=device.type == "cuda")
    devices = devices_of(options, device)[: max(1, num_tasks)]
    if len(devices) == 1:
        return here(devices[0])
    threads = max(1, count_cpus() // len(devices))
    return local(devices, threads=threads, preload=PRELOAD)


def devices_of(options: argparse.Namespace, device) -> list[str]:
    """One entry per worker."""
    import torch

    from lfsc.parallel import count_cpus

    if options.workers is not None and options.workers < 1:
        raise ValueError(f"--workers {options.workers}: expected 1 or more")
    if device.type != "cuda":
        return [str(device)] * (options.workers or count_cpus())
    if device.index is not None and options.device != "auto":
        return [str(device)] * (options.workers or 1)
    count = torch.cuda.device_count()
    return [f"cuda:{number % count}" for number in range(options.workers or count)]


def decoders_of(options: argparse.Namespace, device) -> "AbstractContextManager[Workers | None]":
    """Processes that decode audio for the one that drives a device."""
    from lfsc.parallel import local

    count = getattr(options, "decoders", 0)
    if count is None:
        count = default_decoders(device)
    # They start at once: what they need is imported already where they are forked from.
    return local(["cpu"] * count, preload=PRELOAD) if count else nullcontext()


def default_decoders(device) -> int:
    """None for a CPU, which the codec keeps busy; for a GPU its share of the cores."""
    import torch

    from lfsc.parallel import count_cpus

    if device.type != "cuda":
        return 0
    return min(MOST_DECODERS, max(1, count_cpus() // torch.cuda.device_count()))
