"""Waveform to latents."""

from collections.abc import Callable
from functools import partial
from math import prod

from torch import Tensor, nn

from lfsc.models.activations import activation_of
from lfsc.models.layers import Layer, MultiReceptiveField, PaddedConv1d, receptive_field, widest_copy
from lfsc.nn.arguments import require_whole, require_whole_lists
from lfsc.nn.containers import ModuleList


class Encoder(nn.Module):
    """HiFi-GAN's generator turned round: residual blocks and strided convolutions (arXiv 2409.12117, section 2.1)."""

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
        pad_mode: str = "reflect",
    ):
        super().__init__()
        require_whole(channels=channels, latent_dim=latent_dim)
        require_whole(odd=True, in_kernel_size=in_kernel_size, out_kernel_size=out_kernel_size)
        require_whole_lists(dilations=dilations)
        require_whole_lists(least=2, rates=rates)
        require_whole_lists(odd=True, kernel_sizes=kernel_sizes)
        self.rates = tuple(rates)
        self.latent_dim = latent_dim
        self.activation = activation
        self.pad_mode = pad_mode
        widths = [channels * 2**i for i in range(len(rates) + 1)]
        convolution = self.layer_class(pad_mode)
        self.conv_in = convolution(1, channels, in_kernel_size)
        self.blocks = ModuleList(
            MultiReceptiveField(
                width, kernel_sizes=kernel_sizes, dilations=dilations, activation=activation, convolution=convolution
            )
            for width in widths[:-1]
        )
        self.activations = ModuleList(activation_of(activation, width) for width in widths[:-1])
        self.downsamples = ModuleList(
            convolution(width, 2 * width, 2 * rate, stride=rate) for width, rate in zip(widths[:-1], rates, strict=True)
        )
        self.activation_out = activation_of(activation, widths[-1])
        self.conv_out = convolution(widths[-1], latent_dim, out_kernel_size)

    def layer_class(self, pad_mode: str) -> Callable[..., PaddedConv1d]:
        """The class of the convolutions."""
        return partial(PaddedConv1d, pad_mode=pad_mode)

    @property
    def hop_length(self) -> int:
        return prod(self.rates)

    def forward(self, audio: Tensor, frames: Tensor | None = None) -> Tensor:
        """Latents [B,D,F] of audio [B, F·hop]; `frames` [B] counts each clip's own where they differ."""
        length = None if frames is None else frames * self.hop_length
        x = self.conv_in(audio[:, None], length)
        for block, activation, downsample in zip(self.blocks, self.activations, self.downsamples, strict=True):
            x = downsample(activation(block(x, length)), length)
            length = None if length is None else length // downsample.stride[0]
        return self.conv_out(self.activation_out(x), length)

    def receptive_samples(self, frames: range) -> range:
        """The samples that `frames` of latents are made of; negative ones lie before the clip."""
        return receptive_field(self.layers(), frames)

    @property
    def min_frames(self) -> int:
        """The fewest frames at which every layer's input is longer than what it copies to beyond an end."""
        steps, fewest = self.hop_length, 1
        for layer in self.layers():
            fewest = max(fewest, widest_copy(layer) // steps + 1)
            steps //= layer.stride[0] if isinstance(layer, PaddedConv1d) else 1
        return fewest

    def layers(self) -> list[Layer]:
        pairs = zip(self.blocks, self.downsamples, strict=True)
        return [self.conv_in, *(layer for pair in pairs for layer in pair), self.conv_out]
