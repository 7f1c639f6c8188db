"""Latents to waveform."""

from collections.abc import Callable
from functools import partial
from math import prod

from torch import Tensor, autocast, nn

from lfsc.models.activations import OUTPUTS, activation_of
from lfsc.models.layers import Layer, MultiReceptiveField, PaddedConv1d, UpsampleConv1d, receptive_field, widest_copy
from lfsc.nn.arguments import require_flags, require_one_of, require_whole, require_whole_lists
from lfsc.nn.containers import ModuleList


class Decoder(nn.Module):
    """HiFi-GAN's generator (arXiv 2010.05646) over latents in place of a mel spectrogram."""

    def __init__(
        self,
        *,
        channels: int,
        rates: list[int],
        latent_dim: int,
        kernel_sizes: list[int],
        dilations: list[int],
        in_kernel_size: int,
        out_kernel_size: int,
        activation: str = "lrelu",
        output_activation: str = "tanh",
        pad_mode: str = "reflect",
        grouped_upsampling: bool = False,
    ):
        """With `grouped_upsampling`, each output channel of a transposed convolution is made of two input channels."""
        super().__init__()
        require_whole(channels=channels, latent_dim=latent_dim)
        require_whole(odd=True, in_kernel_size=in_kernel_size, out_kernel_size=out_kernel_size)
        require_whole_lists(dilations=dilations)
        require_whole_lists(least=2, rates=rates)
        require_whole_lists(odd=True, kernel_sizes=kernel_sizes)
        require_one_of(OUTPUTS, output_activation=output_activation)
        require_flags(grouped_upsampling=grouped_upsampling)
        require_halvable(channels, rates, exactly=grouped_upsampling)
        self.rates = tuple(rates)
        self.latent_dim = latent_dim
        widths = [channels // 2**i for i in range(len(rates) + 1)]
        convolution, upsample = self.layer_classes(pad_mode)
        self.conv_in = convolution(latent_dim, channels, in_kernel_size)
        self.activations = ModuleList(activation_of(activation, width) for width in widths[:-1])
        self.upsamples = ModuleList(
            upsample(width, width // 2, rate=rate, groups=width // 2 if grouped_upsampling else 1)
            for width, rate in zip(widths[:-1], rates, strict=True)
        )
        self.blocks = ModuleList(
            MultiReceptiveField(
                width, kernel_sizes=kernel_sizes, dilations=dilations, activation=activation, convolution=convolution
            )
            for width in widths[1:]
        )
        self.activation_out = activation_of(activation, widths[-1])
        self.conv_out = convolution(widths[-1], 1, out_kernel_size)
        self.output_activation = OUTPUTS[output_activation]

    def layer_classes(self, pad_mode: str) -> tuple[Callable[..., PaddedConv1d], Callable[..., UpsampleConv1d]]:
        """The classes of the convolutions and of the transposed ones."""
        return partial(PaddedConv1d, pad_mode=pad_mode), UpsampleConv1d

    @property
    def hop_length(self) -> int:
        return prod(self.rates)

    def forward(self, latents: Tensor, frames: Tensor | None = None) -> Tensor:
        """Audio [B, F·hop] in -1…1 of latents [B,D,F]; `frames` [B] counts each clip's own where they differ."""
        length = frames
        x = self.conv_in(latents, length)
        for activation, upsample, block in zip(self.activations, self.upsamples, self.blocks, strict=True):
            x = upsample(activation(x), length)
            length = None if length is None else length * upsample.stride[0]
            x = block(x, length)
        # Not in half precision under autocast: eight bits of mantissa would be heard, and trained on.
        with autocast(x.device.type, enabled=False):
            x = self.activation_out(x).to(self.conv_out.bias.dtype)
            return self.output_activation(self.conv_out(x, length))[:, 0]

    def receptive_frames(self, samples: range) -> range:
        """The frames of latents that `samples` are made of; negative ones lie before the clip."""
        return receptive_field(self.layers(), samples)

    @property
    def min_frames(self) -> int:
        """The fewest frames at which every layer's input is longer than what it copies to beyond an end."""
        steps, fewest = 1, 1
        for layer in self.layers():
            fewest = max(fewest, widest_copy(layer) // steps + 1)
            steps *= layer.stride[0] if isinstance(layer, UpsampleConv1d) else 1
        return fewest

    def layers(self) -> list[Layer]:
        pairs = zip(self.upsamples, self.blocks, strict=True)
        return [self.conv_in, *(layer for pair in pairs for layer in pair), self.conv_out]


def require_halvable(channels: int, rates: list[int], *, exactly: bool) -> None:
    """ValueError for channels that cannot be halved once for each of `rates`; rounding down only if not `exactly`."""
    smallest = 2 ** len(rates)
    if channels < smallest:
        raise ValueError(
            f"channels is {channels}: expected a number to be halved {len(rates)} times, once for each of {rates}"
        )
    if exactly and channels % smallest:
        raise ValueError(
            f"channels is {channels}: expected a multiple of {smallest}, as grouped upsampling halves them without a "
            f"rest once for each of {len(rates)} rates"
        )
