"""Clips of several lengths in one batch: their frames, and zeros behind their ends."""

from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

Count = TypeVar("Count", int, Tensor)


def frames_of(num_samples: Count, hop_length: int) -> Count:
    """The frames, the last one perhaps partly filled, of so many samples (a number or a tensor)."""
    return -(-num_samples // hop_length)


def mask_padding(x: Tensor, length: Tensor) -> Tensor:
    """x [B,...,T] with zeros from each clip's `length` [B] on."""
    if bool((length >= x.shape[-1]).all()):
        return x
    steps = torch.arange(x.shape[-1], device=x.device)
    behind = (steps >= length[:, None]).view(len(length), *[1] * (x.dim() - 2), -1)
    return x.masked_fill(behind, 0)


def pad_to(x: Tensor, width: int) -> Tensor:
    """x [...,T] with zeros up to `width`."""
    return F.pad(x, (0, width - x.shape[-1])) if x.shape[-1] < width else x
