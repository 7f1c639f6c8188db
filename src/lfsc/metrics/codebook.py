"""How a codec uses its codebooks, from counts of its tokens: add the counts of batches and ranks, then ask."""

import math

import torch
from torch import Tensor


def token_counts(tokens: Tensor, *, codebook_size: int, tokens_len: Tensor | None = None) -> Tensor:
    """How often each token of each codebook occurs, [C, codebook_size], in tokens [B,C,F] of so many frames [B]."""
    batch, num_codebooks, frames = tokens.shape
    if tokens.numel() and not 0 <= int(tokens.min()) <= int(tokens.max()) < codebook_size:
        raise ValueError(f"tokens lie in {int(tokens.min())}…{int(tokens.max())}, expected 0…{codebook_size - 1}")
    if tokens_len is None:
        tokens_len = torch.full((batch,), frames, device=tokens.device)
    heard = torch.arange(frames, device=tokens.device) < tokens_len[:, None]
    # One count over all codebooks: each has its own range of numbers.
    offsets = codebook_size * torch.arange(num_codebooks, device=tokens.device)
    numbers = tokens.transpose(1, 2)[heard] + offsets
    return numbers.flatten().bincount(minlength=num_codebooks * codebook_size).view(num_codebooks, codebook_size)


def usage(counts: Tensor) -> Tensor:
    """The share of its tokens that each codebook [C] ever used."""
    return (counts > 0).double().mean(dim=-1)


def entropy(counts: Tensor) -> Tensor:
    """Bits a token, [C]: the entropy of each codebook's distribution. N tokens can show log2(N) bits at most."""
    shares = counts.double() / counts.sum(dim=-1, keepdim=True).clamp(min=1)
    return torch.special.entr(shares).sum(dim=-1) / math.log(2)


def entropy_bitrate(counts: Tensor, *, frame_rate: float) -> float:
    """Bits a second that an ideal memoryless entropy coder of each codebook would need."""
    return float(entropy(counts).sum()) * frame_rate
