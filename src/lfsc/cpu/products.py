"""Convolutions over few steps, as matrix products: weights are read as they lie, which most of the time is spent on."""

import torch
from torch import Tensor
from torch.nn import functional as F


def pays(steps: int, weight: Tensor) -> bool:
    """Whether `steps` of results are so few that laying out the weight for a convolution would cost more."""
    return weight.device.type == "cpu" and weight.layout == torch.strided and 4 * steps <= max(weight.shape[:2])


def convolve_by_product(x: Tensor, weight: Tensor, bias: Tensor, *, stride: int, dilation: int) -> Tensor:
    """F.conv1d without padding, of x [B,C,T]."""
    span = dilation * (weight.shape[-1] - 1) + 1
    pieces = x.unfold(-1, span, stride)[..., ::dilation]
    return F.linear(pieces.transpose(1, 2).flatten(2), weight.flatten(1), bias).mT


def upsample_by_product(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """F.conv_transpose1d of x [B,C,T] whose stride is half the kernel, [B,O,(T+1)·stride]: nothing is cut off."""
    parts = (x.mT @ weight.flatten(1)).unflatten(-1, weight.shape[1:]).transpose(1, 2)
    return overlap_add(parts) + bias[:, None]


def overlap_add(parts: Tensor) -> Tensor:
    """[B,C,(pieces+1)·size/2] of pieces [B,C,pieces,size], each added from the middle of the one before on."""
    batch, channels, count, size = parts.shape
    whole = parts.new_zeros(batch, channels, count + 1, size // 2)
    whole[:, :, :-1] += parts[..., : size // 2]
    whole[:, :, 1:] += parts[..., size // 2 :]
    return whole.flatten(2)
