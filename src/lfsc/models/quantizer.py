"""Latents to tokens and back, without a learned codebook."""

from math import log2, prod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lfsc.nn.arguments import require_whole, require_whole_lists

# Tokens are counted in 32 bits by NeMo, and in fewer by everything else.
LARGEST_CODEBOOK = 1 << 31


class Quantized(NamedTuple):
    quantized: Tensor  # [B,D,F], what the decoder takes; its gradient passes straight through to the latents
    tokens: Tensor  # [B,C,F] int64


class GroupedFSQ(nn.Module):
    """Finite scalar quantization (arXiv 2309.15505) of consecutive groups of channels, one group per codebook."""

    # Of each of a group's channels, [d]: the digit that stands for 0, the number of levels, and what a digit is worth.
    # The names are part of the fingerprint of a codec with an encoder of somebody's own, and so they stay.
    centre: Tensor
    steps: Tensor
    place: Tensor

    def __init__(self, *, num_codebooks: int, levels: list[int], eps: float = 1e-3):
        """`eps` keeps tanh off the outermost rounding edges (appendix A)."""
        super().__init__()
        require_whole(num_codebooks=num_codebooks)
        require_whole_lists(least=2, levels=levels)
        if type(eps) not in (int, float) or not 0 <= eps < 1:
            raise ValueError(f"eps is {eps!r}: expected a number from 0 to less than 1")
        if prod(levels) > LARGEST_CODEBOOK:
            raise ValueError(f"levels is {list(levels)}: expected a product of {LARGEST_CODEBOOK} codes or fewer")
        self.num_codebooks = num_codebooks
        self.levels = tuple(levels)
        self.eps = eps
        count = torch.tensor(levels, dtype=torch.int64)
        self.register_buffer("centre", count // 2, persistent=False)
        self.register_buffer("steps", count, persistent=False)
        self.register_buffer("place", torch.cat([count.new_ones(1), count.cumprod(0)[:-1]]), persistent=False)

    @property
    def latent_dim(self) -> int:
        return self.num_codebooks * len(self.levels)

    @property
    def codebook_size(self) -> int:
        return prod(self.levels)

    @property
    def bits_per_frame(self) -> float:
        return self.num_codebooks * log2(self.codebook_size)

    def forward(self, latents: Tensor) -> Quantized:
        """Quantized latents and tokens of latents [B,D,F], in float32 under any autocast."""
        with torch.autocast(latents.device.type, enabled=False):
            bounded = self.bound(self.grouped(latents.float()))
            # round(x) + (x − x): the value is exactly the integer, the gradient that of `bounded`.
            integers = bounded.round().detach() + (bounded - bounded.detach())
            tokens = self.codes_to_indices(integers.detach())
            quantized = (integers / self.centre[:, None]).flatten(1, 2)
        return Quantized(quantized, tokens)

    def dequantize(self, tokens: Tensor) -> Tensor:
        """Quantized latents [B,D,F] float32 of tokens [B,C,F]."""
        digits = tokens[:, :, None] // self.place[:, None] % self.steps[:, None]
        centre = self.centre[:, None]
        return ((digits - centre).float() / centre).flatten(1, 2)

    def bound(self, x: Tensor) -> Tensor:
        """x [B,C,d,F] squeezed to the span of its levels, offset by half a step where their number is even."""
        levels = self.steps[:, None].float()
        scale = (levels - 1) / 2 * (1 - self.eps)
        offset = torch.where(levels % 2 == 0, 0.5, 0.0)
        shift = (offset / scale).tan()
        return scale * (x + shift).tanh() - offset

    def codes_to_indices(self, integers: Tensor) -> Tensor:
        """Tokens [B,C,F] of integers [B,C,d,F]; the first dimension varies fastest."""
        digits = integers.long() + self.centre[:, None]
        return (digits * self.place[:, None]).sum(dim=2)

    def grouped(self, latents: Tensor) -> Tensor:
        """[B,D,F] as [B,C,d,F]."""
        return latents.unflatten(1, (self.num_codebooks, len(self.levels)))
