"""The convolutions and residual blocks of the generator."""

from collections.abc import Callable, Iterable

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from lfsc.models.activations import activation_of
from lfsc.models.lengths import zero_from
from lfsc.models.padding import MODES, copied_steps, pad_steps
from lfsc.nn.arguments import require_one_of
from lfsc.nn.containers import ModuleList


class PaddedConv1d(nn.Conv1d):
    """Weight-normed convolution, padded so that stride s gives 1/s of the frames."""

    bias: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        pad_mode: str = "reflect",
    ):
        super().__init__(in_channels, out_channels, kernel_size, stride=stride, dilation=dilation)
        require_one_of(MODES, pad_mode=pad_mode)
        self.pad_mode = pad_mode
        span = dilation * (kernel_size - 1)
        self.pad = (span - stride + 2) // 2 if stride > 1 else span // 2
        self.pad_after = self.pad
        weight_norm(self)

    def forward(self, x: Tensor, length: Tensor | None = None) -> Tensor:
        return self.convolve(self.extend(x, length), self.weight)

    def extend(self, x: Tensor, length: Tensor | None = None) -> Tensor:
        """x with what the convolution sees beyond the ends of each clip."""
        return pad_steps(x, self.pad, self.pad_mode, length)

    def convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        """The convolution, without padding."""
        return F.conv1d(x, weight, self.bias, self.stride, 0, self.dilation)

    def convolve_chunk(self, x: Tensor, weight: Tensor) -> Tensor:
        """The same for the few steps that arrive at once in a stream."""
        return self.convolve(x, weight)

    def receptive_field(self, steps: range) -> range:
        """The input steps that output `steps` are made of."""
        (stride,), (dilation,), (kernel_size,) = self.stride, self.dilation, self.kernel_size
        first = steps.start * stride - self.pad
        last = (steps.stop - 1) * stride - self.pad + dilation * (kernel_size - 1)
        return range(first, last + 1)


class UpsampleConv1d(nn.ConvTranspose1d):
    """Weight-normed transposed convolution that gives `rate` times the frames; beyond a clip's end it sees zeros."""

    bias: Tensor
    padding: tuple[int, ...]

    def __init__(self, in_channels: int, out_channels: int, *, rate: int, groups: int = 1):
        super().__init__(
            in_channels,
            out_channels,
            2 * rate,
            stride=rate,
            padding=(rate + 1) // 2,
            output_padding=rate % 2,
            groups=groups,
        )
        weight_norm(self)

    # Where torch takes an output_size, which follows from x here.
    def forward(self, x: Tensor, length: Tensor | None = None) -> Tensor:  # type: ignore[override]
        x, shape = zero_from(x, length), (self.stride, self.padding, self.output_padding, self.groups)
        return F.conv_transpose1d(x, self.weight, self.bias, *shape)

    def between(self, x: Tensor, weight: Tensor) -> Tensor:
        """The `rate` steps between each two neighbours of x, which depend on no others."""
        (rate,) = self.stride
        return F.conv_transpose1d(x, weight, self.bias, rate, padding=rate, groups=self.groups)

    def receptive_field(self, steps: range) -> range:
        """The input steps that output `steps` are made of."""
        (rate,), (padding,), (kernel_size,) = self.stride, self.padding, self.kernel_size
        first = -((kernel_size - 1 - padding - steps.start) // rate)
        last = (steps.stop - 1 + padding) // rate
        return range(first, last + 1)


class ResidualBlock(nn.Module):
    """HiFi-GAN's residual unit (arXiv 2010.05646): two convolutions, the first dilated."""

    def __init__(
        self,
        channels: int,
        kernel_size: int,
        *,
        dilation: int,
        activation: str = "lrelu",
        convolution: Callable[..., PaddedConv1d] = PaddedConv1d,
    ):
        super().__init__()
        # The input is added at the end and must stay; what a convolution gave is needed by nothing else.
        self.activation_in = activation_of(activation, channels, inplace=False)
        self.dilated = convolution(channels, channels, kernel_size, dilation=dilation)
        self.activation_between = activation_of(activation, channels)
        self.plain = convolution(channels, channels, kernel_size)

    def forward(self, x: Tensor, length: Tensor | None = None) -> Tensor:
        hidden = self.dilated(self.activation_in(x), length)
        return self.plain(self.activation_between(hidden), length).add_(x)

    def receptive_field(self, steps: range) -> range:
        return self.dilated.receptive_field(self.plain.receptive_field(steps))


class MultiReceptiveField(nn.Module):
    """The mean over kernel sizes of chains of residual blocks, one block per dilation."""

    def __init__(self, channels: int, *, kernel_sizes: list[int], dilations: list[int], **blocks):
        super().__init__()
        self.chains = ModuleList(
            ModuleList(ResidualBlock(channels, kernel_size, dilation=dilation, **blocks) for dilation in dilations)
            for kernel_size in kernel_sizes
        )

    def forward(self, x: Tensor, length: Tensor | None = None) -> Tensor:
        total = None
        for chain in self.chains:
            branch = x
            for block in chain:
                branch = block(branch, length)
            total = branch if total is None else total.add_(branch)
        assert total is not None  # there is a kernel size
        return total.div_(len(self.chains))

    def receptive_field(self, steps: range) -> range:
        """The input steps that output `steps` are made of: those of the chain that sees farthest."""
        chains = [receptive_field(chain, steps) for chain in self.chains]
        return range(min(chain.start for chain in chains), max(chain.stop for chain in chains))


Layer = PaddedConv1d | UpsampleConv1d | ResidualBlock | MultiReceptiveField


def receptive_field(layers: Iterable[Layer], steps: range) -> range:
    """The input steps of the first layer that output `steps` of the last are made of; those below 0 lie before it."""
    for layer in reversed(list(layers)):
        steps = layer.receptive_field(steps)
    return steps


def widest_copy(layer: nn.Module) -> int:
    """The most steps that `layer` copies beyond an end of its input, which must be longer."""
    convolutions = [part for part in layer.modules() if isinstance(part, PaddedConv1d)]
    return max((copied_steps(part.pad, part.pad_mode) for part in convolutions), default=0)
