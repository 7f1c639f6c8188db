"""The codec's convolutions, with gradients and with the few steps of a stream as a CPU computes them fast."""

from torch import Tensor

from lfsc.cpu.gradients import convolve, upsample
from lfsc.cpu.products import convolve_by_product, pays, upsample_by_product
from lfsc.models.causal_layers import CausalConv1d, CausalUpsampleConv1d
from lfsc.models.layers import PaddedConv1d, UpsampleConv1d
from lfsc.models.lengths import zero_from


class FastConv1d(PaddedConv1d):
    """The same convolution."""

    def convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        return convolve(x, weight, self.bias, stride=self.stride[0], dilation=self.dilation[0])

    def convolve_chunk(self, x: Tensor, weight: Tensor) -> Tensor:
        (stride,), (dilation,), (kernel_size,) = self.stride, self.dilation, self.kernel_size
        steps = (x.shape[-1] - dilation * (kernel_size - 1) - 1) // stride + 1
        if pays(steps, weight):
            return convolve_by_product(x, weight, self.bias, stride=stride, dilation=dilation)
        return self.convolve(x, weight)


class FastUpsample(UpsampleConv1d):
    """The same transposed convolution."""

    def forward(self, x: Tensor, length: Tensor | None = None) -> Tensor:  # type: ignore[override]
        (padding,), (output_padding,), x = self.padding, self.output_padding, zero_from(x, length)
        return upsample(x, self.weight, self.bias, padding=padding, output_padding=output_padding, groups=self.groups)

    def between(self, x: Tensor, weight: Tensor) -> Tensor:
        (rate,) = self.stride
        if self.groups == 1 and pays(x.shape[-1], weight):
            return upsample_by_product(x, weight, self.bias)[..., rate:-rate]
        return super().between(x, weight)


class FastCausalConv1d(FastConv1d, CausalConv1d):
    """The same causal convolution."""


class FastCausalUpsample(CausalUpsampleConv1d, FastUpsample):
    """The same causal transposed convolution."""
