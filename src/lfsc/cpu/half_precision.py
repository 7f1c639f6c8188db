"""Convolutions that a CPU gets wrong in half precision, and that have to be computed in float32."""

import torch
from torch import Tensor

# oneDNN, as torch 2.11 has it, gives half-precision convolutions with an even stride from 4 on and few input channels
# sums that are wrong altogether, without a word, on a CPU with AMX. Up to 24 channels were seen; whether it happens
# depends on the length.
SMALLEST_STRIDE, CHANNELS_FROM_WHICH_RIGHT = 4, 64


def is_miscomputed(weight: Tensor, stride: int, dtype: torch.dtype) -> bool:
    """Whether a convolution by `weight` [C',C,K] on a CPU may be wrong in `dtype`."""
    suspect = stride >= SMALLEST_STRIDE and weight.shape[1] < CHANNELS_FROM_WHICH_RIGHT
    return suspect and weight.device.type == "cpu" and dtype in (torch.bfloat16, torch.float16)


def result_dtype(x: Tensor) -> torch.dtype:
    """What a convolution of x gives, under autocast or without."""
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
