"""The private operators of torch that a CPU's packed layers need: tried once, with numbers, before they are used."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

Shape = tuple[list[int], list[int], list[int], int]  # padding, stride, dilation and groups
# How far sums of a hundred products may be from the exact ones, as a fraction of the greatest.
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 3e-2}


def reorder(weight: Tensor, shape: Shape, input_size: list[int]) -> Tensor:
    """A weight [C',C,1,K] as oneDNN's kernels read it for inputs of about `input_size`."""
    return torch.ops.mkldnn._reorder_convolution_weight(weight, *shape, input_size)


def convolve(x: Tensor, weight: Tensor, bias: Tensor, shape: Shape, slope: float | None = None) -> Tensor:
    """A convolution of x [B,C,1,T] with a reordered weight, and a leaky ReLU of it where there is a slope."""
    after = ("none", [], "") if slope is None else ("leaky_relu", [slope], "")
    return torch.ops.mkldnn._convolution_pointwise(x, weight, bias, *shape, *after)


@lru_cache
def are_usable(dtype: torch.dtype) -> bool:
    """Whether this torch has them on this CPU, and they compute what torch's own convolution does."""
    if dtype not in TOLERANCE or not torch.backends.mkldnn.is_available():
        return False
    try:
        if dtype == torch.bfloat16 and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
            return False
        return all(is_right(dtype, groups) for groups in (1, 2))
    except (AttributeError, RuntimeError, TypeError):  # they are gone, or take other arguments
        return False


@torch.no_grad()
def is_right(dtype: torch.dtype, groups: int) -> bool:
    shape = ([0, 0], [1, 1], [1, 2], groups)
    x, weight, bias = (
        pattern(size, dtype) for size in ((2, 32 * groups, 1, 40), (16 * groups, 32, 1, 3), (16 * groups,))
    )
    found = convolve(x, reorder(weight, shape, list(x.shape)), bias, shape, slope=0.1)
    exact = F.leaky_relu(F.conv2d(x.double(), weight.double(), bias.double(), dilation=(1, 2), groups=groups), 0.1)
    return found.shape == exact.shape and bool((found - exact).abs().max() <= TOLERANCE[dtype] * exact.abs().max())


def pattern(size: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Numbers in no order that depends on the state of a generator."""
    steps = torch.arange(torch.Size(size).numel(), dtype=torch.float64)
    return torch.sin(steps.square() + 1).view(size).to(dtype)
