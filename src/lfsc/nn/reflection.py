"""Reflection padding: torch's values and gradients, for what a copy of the data takes."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F


def reflect(x: Tensor, *pads: int) -> Tensor:
    """x [B,C,…] with its last dimensions reflected at both ends, each by its own of `pads`."""
    return Reflection.apply(x, pads) if x.requires_grad and not prefers_torch(x) else reflect_forward(x, pads)


def prefers_torch(x: Tensor) -> bool:
    """Whether torch's own gradient serves x better.

    On a GPU it is two kernels, ours 5 to 19, but it adds element by element and in any order: which is faster is not
    yet measured (benchmarks/gpu). On a CPU it takes several times as long as ours.
    """
    return x.is_cuda and not torch.are_deterministic_algorithms_enabled()


class Reflection(Function):
    """`reflect`, whose gradient takes one copy."""

    @staticmethod
    def forward(ctx, x: Tensor, pads: tuple[int, ...]) -> Tensor:
        ctx.pads = pads
        return reflect_forward(x, pads)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        return reflect_backward(gradient, ctx.pads), None


def reflect_forward(x: Tensor, pads: tuple[int, ...]) -> Tensor:
    # In two dimensions even where it is one: torch's kernel for one is four times as slow on a CPU.
    if x.dim() == 3:
        # The gradient of a squeeze is a view, that of an index a copy among zeros.
        return reflect_forward(x[:, :, None], pads).squeeze(2)
    widths = [width for pad in reversed(pads) for width in (pad, pad)] + [0, 0] * (2 - len(pads))
    if x.device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
        return F.pad(x, widths, mode="reflect")
    # Autocast would make it float32.
    with torch.autocast("cpu", enabled=False):
        return F.pad(x, widths, mode="reflect")


def reflect_backward(x: Tensor, pads: Sequence[int], *, own: bool = True) -> Tensor:
    """The inner part of padded x, with what was reflected added where it came from; if not `own`, perhaps a view."""
    if not pads:
        return x.clone() if own else x
    pad, *rest = pads
    dim = -len(pads)
    length = x.shape[dim] - 2 * pad
    inner = reflect_backward(x.narrow(dim, pad, length), rest)
    if pad:
        begin, end = (reflect_backward(x.narrow(dim, at, pad), rest, own=False).flip(dim) for at in (0, pad + length))
        inner.narrow(dim, 1, pad).add_(begin)
        inner.narrow(dim, length - 1 - pad, pad).add_(end)
    return inner
