"""Causal convolutions: an output step is complete as soon as its input step is there."""

import torch
from torch import Tensor
from torch.nn import functional as F

from lfsc.models.layers import PaddedConv1d, UpsampleConv1d


class CausalConv1d(PaddedConv1d):
    """Weight-normed convolution of each `stride` input steps and those before them, zeros before the first."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, *, stride: int = 1, dilation: int = 1):
        super().__init__(in_channels, out_channels, kernel_size, stride=stride, dilation=dilation, pad_mode="zeros")
        self.pad = dilation * (kernel_size - 1) + 1 - stride
        self.pad_after = 0

    def extend(self, x: Tensor, length: Tensor | None = None) -> Tensor:
        # No step of a clip sees what lies beyond its end.
        return F.pad(x, (self.pad, 0))

    @property
    def memory(self) -> int:
        """How many input steps are needed again for the steps to come."""
        return self.pad

    def advance(self, x: Tensor, weight: Tensor) -> Tensor:
        """The next steps, of x [B,C,memory+T] that begins with what is needed again."""
        return self.convolve_chunk(x, weight)


class CausalUpsampleConv1d(UpsampleConv1d):
    """Weight-normed transposed convolution: `rate` steps of each input step and the one before it, at first a zero."""

    memory = 1

    def __init__(self, in_channels: int, out_channels: int, *, rate: int, groups: int = 1):
        super().__init__(in_channels, out_channels, rate=rate, groups=groups)
        self.padding, self.output_padding = (0,), (0,)

    def forward(self, x: Tensor, length: Tensor | None = None) -> Tensor:  # type: ignore[override]
        # What reaches beyond the last step is only begun.
        return super().forward(x)[..., : x.shape[-1] * self.stride[0]]

    def advance(self, x: Tensor, weight: Tensor) -> Tensor:
        """The next T·rate steps, of x [B,C,1+T] that begins with the step before."""
        return self.between(x, weight)


CausalLayer = CausalConv1d | CausalUpsampleConv1d


def remember(layer: CausalLayer, x: Tensor) -> Tensor:
    """The end of x [B,C,T] that `layer` needs again, in memory of its own."""
    return x[..., x.shape[-1] - layer.memory :].clone()


def silence(layer: CausalLayer, batch: int) -> Tensor:
    """What `layer` needs again at a clip's beginning."""
    return torch.zeros(batch, layer.in_channels, layer.memory, dtype=layer.bias.dtype, device=layer.bias.device)
