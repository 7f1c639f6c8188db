"""Layers as fast as a CPU does them: weights in its own layout, channels together in memory, activations inside."""

from torch import Tensor, nn
from torch.nn import functional as F

from lfsc.cpu.operators import Shape, convolve, reorder
from lfsc.cpu.tiling import FFTConv1d
from lfsc.models.causal_layers import CausalConv1d, CausalUpsampleConv1d
from lfsc.models.layers import PaddedConv1d, UpsampleConv1d
from lfsc.models.lengths import zero_from

# The length of an input for which oneDNN chooses the layout; it fits shorter and longer ones. Without it bfloat16 takes
# 20 times as long in some layers.
TYPICAL_STEPS = 2048


class PackedConv1d(PaddedConv1d):
    """The same convolution with its weight in the layout that oneDNN's kernels read."""

    slope: float | None = None  # of a leaky ReLU of what comes out

    def __init__(self, layer: PaddedConv1d):
        nn.Module.__init__(self)
        shape = ("in_channels", "out_channels", "kernel_size", "stride", "dilation")
        for name in (*shape, "pad", "pad_after", "pad_mode"):
            setattr(self, name, getattr(layer, name))
        self.bias = layer.bias
        self.shape = ([0, 0], [1, *self.stride], [1, *self.dilation], 1)
        self.weight = pack(layer.weight.detach(), self.shape)

    def convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        return pointwise(x, weight, self.bias, self.shape, self.slope)


class TiledConv1d(PackedConv1d):
    """The same for whole clips by tiles; `convolve`, for the few steps of a stream, is a packed convolution's."""

    def __init__(self, layer: PaddedConv1d):
        super().__init__(layer)
        self.tiled = FFTConv1d(layer.weight.detach(), layer.bias.detach())

    def forward(self, x: Tensor, length: Tensor | None = None) -> Tensor:
        # A dilated convolution is an ordinary one of every so many steps.
        steps, (dilation,) = x.shape[-1], self.dilation
        x = self.extend(x, length).mT
        y = interleave(self.tiled(deinterleave(x, dilation)), dilation)[:, :steps].mT
        return y if self.slope is None else F.leaky_relu_(y, self.slope)


class PackedUpsample(UpsampleConv1d):
    """The same transposed convolution as an ordinary one of two taps that gives `rate` steps at once."""

    def __init__(self, layer: UpsampleConv1d):
        nn.Module.__init__(self)
        for name in ("in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "groups"):
            setattr(self, name, getattr(layer, name))
        (rate,) = self.stride
        self.bias = layer.bias
        self.biases = layer.bias.detach().repeat(rate)
        self.shape = ([0, 0], [1, 1], [1, 1], 1)
        # [C,C',2·rate] as [rate·C',C,2]: the tap for the earlier of two inputs comes first.
        taps = layer.weight.detach().unflatten(-1, (2, rate)).flip(2).permute(3, 1, 0, 2).flatten(0, 1)
        self.weight = pack(taps, self.shape)

    def forward(self, x: Tensor, length: Tensor | None = None) -> Tensor:  # type: ignore[override]
        steps, (rate,), (padding,) = x.shape[-1], self.stride, self.padding
        y = self.between(F.pad(zero_from(x, length), (1, 1)), self.weight)
        return y[..., padding : padding + steps * rate]

    def between(self, x: Tensor, weight: Tensor) -> Tensor:
        y = pointwise(x, weight, self.biases, self.shape)
        return y.mT.reshape(len(x), -1, self.out_channels).mT


class PackedCausalConv1d(PackedConv1d, CausalConv1d):
    """The same of a causal convolution."""


class TiledCausalConv1d(TiledConv1d, CausalConv1d):
    """The same of a causal convolution."""


class PackedCausalUpsample(PackedUpsample, CausalUpsampleConv1d):
    """The same of a causal transposed convolution, of which nothing is cut off at the beginning."""


def pack(weight: Tensor, shape: Shape) -> Tensor:
    """A weight [C',C,K] as oneDNN's kernels read it, of a two-dimensional convolution of height 1: there are no others
    that keep the layout of their input."""
    return reorder(weight[:, :, None].contiguous(), shape, [1, weight.shape[1], 1, TYPICAL_STEPS])


def pointwise(x: Tensor, weight: Tensor, bias: Tensor, shape: Shape, slope: float | None = None) -> Tensor:
    # Behind another packed layer there is nothing to rearrange.
    return convolve(x.mT.contiguous().mT[:, :, None], weight, bias, shape, slope)[:, :, 0]


def deinterleave(x: Tensor, phases: int) -> Tensor:
    """x [B,T,C] as [B·phases,⌈T/phases⌉,C]: a row for each phase, with zeros at the end."""
    if phases == 1:
        return x
    x = F.pad(x, (0, 0, 0, -x.shape[1] % phases))
    return x.unflatten(1, (-1, phases)).transpose(1, 2).flatten(0, 1)


def interleave(x: Tensor, phases: int) -> Tensor:
    """The inverse, with what came of the zeros at its end."""
    return x if phases == 1 else x.unflatten(0, (-1, phases)).transpose(1, 2).flatten(1, 2)
