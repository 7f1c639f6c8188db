"""Latents to waveform."""

from math import prod

from torch import Tensor, autocast, nn, tanh
from torch.nn.functional import leaky_relu_

from lfsc.models.layers import (
    MultiReceptiveField,
    ReflectConv1d,
    UpsampleConv1d,
    needed,
    widest_pad,
)


class Decoder(nn.Module):
    """HiFi-GAN's generator (arXiv 2010.05646) over latents in the place of a mel spectrogram."""

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
        if channels % 2 ** len(rates):
            raise ValueError(f"decoder channels {channels} cannot be halved {len(rates)} times, once a rate in {rates}")
        self.rates = tuple(rates)
        self.latent_dim = latent_dim
        widths = [channels // 2**i for i in range(len(rates) + 1)]
        self.conv_in = ReflectConv1d(latent_dim, channels, in_kernel_size)
        self.upsamples = nn.ModuleList(
            UpsampleConv1d(width, width // 2, rate=rate) for width, rate in zip(widths, rates, strict=False)
        )
        self.blocks = nn.ModuleList(
            MultiReceptiveField(width, kernel_sizes=kernel_sizes, dilations=dilations) for width in widths[1:]
        )
        self.conv_out = ReflectConv1d(widths[-1], 1, out_kernel_size)

    @property
    def hop_length(self) -> int:
        return prod(self.rates)

    def forward(self, latents: Tensor, frames: Tensor | None = None) -> Tensor:
        """Audio [B, F·hop] in -1…1 of latents [B,D,F]; `frames` [B] counts each clip's own where they differ."""
        length = frames
        x = self.conv_in(latents, length)
        for upsample, block, rate in zip(self.upsamples, self.blocks, self.rates, strict=True):
            x = upsample(leaky_relu_(x), length)
            length = None if length is None else length * rate
            x = block(x, length)
        # Not in half precision under autocast: eight bits of mantissa would be heard, and trained on.
        with autocast(x.device.type, enabled=False):
            x = leaky_relu_(x).to(self.conv_out.bias.dtype)
            return tanh(self.conv_out(x, length))[:, 0]

    def needed_frames(self, samples: range) -> range:
        """The frames of latents that `samples` are made of; negative ones lie before the clip."""
        return needed(self.layers(), samples)

    @property
    def min_frames(self) -> int:
        """The fewest frames at which every layer's input is longer than what it reflects."""
        steps, fewest = 1, 1
        for layer in self.layers():
            fewest = max(fewest, widest_pad(layer) // steps + 1)
            steps *= layer.stride[0] if layer in self.upsamples else 1
        return fewest

    def layers(self) -> list[nn.Module]:
        pairs = zip(self.upsamples, self.blocks, strict=True)
        return [self.conv_in, *(layer for pair in pairs for layer in pair), self.conv_out]
