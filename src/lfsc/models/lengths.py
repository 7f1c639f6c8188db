"""Clips of several lengths in one batch: their frames, and zeros after their ends."""

from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

Count = TypeVar("Count", int, Tensor)


def frames_of(num_samples: Count, hop_length: int) -> Count:
    """The frames, the last one perhaps partly filled, of so many samples (a number or a tensor)."""
    return -(-num_samples // hop_length)


def mask_padding(x: Tensor, length: Tensor) -> Tensor:
    """x [B,...,T] with zeros from each clip's `length` [B] on; itself where all clips fill it."""
    return x if bool((length >= x.shape[-1]).all()) else zero_from(x, length)


def zero_from(x: Tensor, length: Tensor | None) -> Tensor:
    """The same without asking the device whether clips fill x, which would wait for it; x itself without `length`."""
    if length is None:
        return x
    is_padding = torch.arange(x.shape[-1], device=x.device) >= length[:, None]
    return x.masked_fill(is_padding.view(len(length), *[1] * (x.dim() - 2), -1), 0)


def pad_to(x: Tensor, width: int) -> Tensor:
    """x [...,T] with zeros up to `width`."""
    return F.pad(x, (0, width - x.shape[-1])) if x.shape[-1] < width else x
