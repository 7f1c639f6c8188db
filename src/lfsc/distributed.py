"""Which of several processes this is, known before they have found each other."""

import os
import threading
import time
from typing import Any

import torch
from torch import Tensor

# As torchrun, Lightning's own launcher and Slurm number them, in the order in which Lightning asks.
RANK = ("RANK", "LOCAL_RANK", "SLURM_PROCID")
# The process that started the other ranks, where Lightning did.
STARTER = "LFSC_STARTER"
# What such a launcher leaves in the environment, and what a process that is a run of its own must not inherit.
LAUNCHER = (
    "RANK",
    "WORLD_SIZE",
    "LOCAL_RANK",
    "LOCAL_WORLD_SIZE",
    "NODE_RANK",
    "GROUP_RANK",
    "MASTER_ADDR",
    "MASTER_PORT",
    STARTER,
)
# Between two looks whether the process that started a rank is still there.
SECONDS = 1.0


def rank() -> int:
    return next((int(os.environ[name]) for name in RANK if name in os.environ), 0)


def is_first() -> bool:
    """Whether this process writes and speaks for all."""
    return rank() == 0


def has_met() -> bool:
    """Whether the ranks have found each other; a single one never does."""
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def gather(own: Any) -> list[Any]:
    """The objects of all ranks, by rank; every rank must ask."""
    if not has_met():
        return [own]
    every: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(every, own)
    return every


def sum_over_ranks(values: Tensor) -> Tensor:
    """The sums of all ranks' values; every rank must ask."""
    values = values.clone()
    if has_met():
        torch.distributed.all_reduce(values)
    return values


def single_process_environment() -> dict[str, str]:
    """This process's environment for one that trains by itself, whoever started this one."""
    return {name: value for name, value in os.environ.items() if name not in LAUNCHER and not name.startswith("SLURM_")}


def become_single_process() -> int:
    """Leave the ranks that a launcher gave to this process, which trains on one device by itself.

    Returns the tasks of its Slurm step, each of which may be a run of its own. ValueError where torchrun or the like
    started several for one run.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        raise ValueError(
            f"{os.environ['WORLD_SIZE']} processes were started for trainer.devices=1, and each would train by itself: "
            "add trainer=ddp"
        )
    tasks = int(os.environ.get("SLURM_NTASKS", 1))
    kept = single_process_environment()
    for name in os.environ.keys() - kept.keys():
        del os.environ[name]
    return tasks


def end_with(parent: int) -> None:
    """From here on, end this process as soon as its parent is no longer the process `parent`.

    Where the first rank is gone before the ranks have met, nobody would tell them, and they would wait for long.
    """
    threading.Thread(target=watch, args=(parent,), daemon=True).start()


def watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS)
    # At once: the main thread may be waiting in code that hears of no exception.
    os._exit(1)
