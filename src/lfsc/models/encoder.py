"""Waveform to latents."""

from math import prod

from torch import Tensor, nn
from torch.nn.functional import leaky_relu_

from lfsc.models.layers import MultiReceptiveField, ReflectConv1d, needed, widest_pad


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
    ):
        super().__init__()
        self.rates = tuple(rates)
        self.latent_dim = latent_dim
        widths = [channels * 2**i for i in range(len(rates) + 1)]
        self.conv_in = ReflectConv1d(1, channels, in_kernel_size)
        self.blocks = nn.ModuleList(
            MultiReceptiveField(width, kernel_sizes=kernel_sizes, dilations=dilations) for width in widths[:-1]
        )
        self.downsamples = nn.ModuleList(
            ReflectConv1d(width, 2 * width, 2 * rate, stride=rate) for width, rate in zip(widths, rates, strict=False)
        )
        self.conv_out = ReflectConv1d(widths[-1], latent_dim, out_kernel_size)

    @property
    def hop_length(self) -> int:
        return prod(self.rates)

    def forward(self, audio: Tensor, frames: Tensor | None = None) -> Tensor:
        """Latents [B,D,F] of audio [B, F·hop]; `frames` [B] counts each clip's own where they differ."""
        length = None if frames is None else frames * self.hop_length
        x = self.conv_in(audio[:, None], length)
        for block, downsample, rate in zip(self.blocks, self.downsamples, self.rates, strict=True):
            x = downsample(leaky_relu_(block(x, length)), length)
            length = None if length is None else length // rate
        return self.conv_out(leaky_relu_(x), length)

    def needed_samples(self, frames: range) -> range:
        """The samples that `frames` of latents are made of; negative ones lie before the clip."""
        return needed(self.layers(), frames)

    @property
    def min_frames(self) -> int:
        """The fewest frames at which every layer's input is longer than what it reflects."""
        steps, fewest = self.hop_length, 1
        for layer in self.layers():
            fewest = max(fewest, widest_pad(layer) // steps + 1)
            steps //= layer.stride[0] if layer in self.downsamples else 1
        return fewest

    def layers(self) -> list[nn.Module]:
        pairs = zip(self.blocks, self.downsamples, strict=True)
        return [self.conv_in, *(layer for pair in pairs for layer in pair), self.conv_out]
