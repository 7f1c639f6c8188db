"""Convolutions that a CPU gets wrong in half precision, and that have to be computed in float32."""

import torch
from torch import Tensor

# On a CPU with AMX, oneDNN as torch 2.11 has it gives some half-precision convolutions sums that are wrong altogether,
# without a word, if they have few input channels, of which the taps fill whole blocks; whether it happens depends on
# the input's length. The gradient of a transposed convolution is such a convolution, of as many channels as that has
# outputs. tests/cpu/test_half_precision.py tries 2,000 random shapes.
FEW_CHANNELS, BLOCK, FEWEST_PRODUCTS = 32, 32, 64


def is_miscomputed(weight: Tensor, dtype: torch.dtype) -> bool:
    """Whether a convolution by `weight` [C',C,K] on a CPU may be wrong in `dtype`."""
    channels, products = weight.shape[1], weight.shape[1] * weight.shape[2]
    suspect = channels < FEW_CHANNELS and products >= FEWEST_PRODUCTS and products % BLOCK == 0
    return suspect and weight.device.type == "cpu" and dtype in (torch.bfloat16, torch.float16)


def result_dtype(x: Tensor) -> torch.dtype:
    """What a convolution of x gives, under autocast or without."""
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
