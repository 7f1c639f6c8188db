"""Which device a command computes on."""

import torch

from lfsc.io.messages import say_count


def find_device(name: str) -> torch.device:
    """The device of a --device; `auto` is a GPU if there is one. ValueError for one that is not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        if device.type != "cuda":
            # torch also knows the names of devices that it was not built for, and meta, which computes nothing.
            torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"--device {name}: expected auto, cpu, cuda or cuda:N") from error
    if device.type == "cuda" and (device.index or 0) >= (count := torch.cuda.device_count()):
        there = say_count(count, "CUDA device") if count else "no CUDA device"
        raise ValueError(f"--device {name}: this machine has {there}; try --device cpu")
    return device


def allow_tf32(allowed: bool) -> None:
    """Whether products of float32 may have 10 bits of mantissa on a GPU.

    torch lets convolutions do so by itself, with other tokens than a CPU's.
    """
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = allowed
