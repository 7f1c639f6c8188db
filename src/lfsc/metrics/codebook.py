"""How a codec uses its codebooks, from counts of its tokens, which add up over batches and ranks."""

import math

import torch
from torch import Tensor


def token_counts(tokens: Tensor, *, codebook_size: int, tokens_len: Tensor | None = None) -> Tensor:
    """How often each token of each codebook occurs, [C, codebook_size], in the valid frames of tokens [B,C,F]."""
    batch, num_codebooks, frames = tokens.shape
    if tokens.numel() and not 0 <= int(tokens.min()) <= int(tokens.max()) < codebook_size:
        raise ValueError(f"tokens lie in {int(tokens.min())}…{int(tokens.max())}, expected 0…{codebook_size - 1}")
    if tokens_len is None:
        tokens_len = torch.full((batch,), frames, device=tokens.device)
    valid = torch.arange(frames, device=tokens.device) < tokens_len[:, None]
    # One count over all codebooks: each has its own range of numbers.
    offsets = codebook_size * torch.arange(num_codebooks, device=tokens.device)
    numbers = tokens.transpose(1, 2)[valid] + offsets
    return numbers.flatten().bincount(minlength=num_codebooks * codebook_size).view(num_codebooks, codebook_size)


def usage(counts: Tensor) -> Tensor:
    """The fraction of its tokens that each codebook [C] ever used."""
    return (counts > 0).double().mean(dim=-1)


def entropy(counts: Tensor) -> Tensor:
    """Bits per token, [C]: the entropy of each codebook's distribution. N tokens can show log2(N) bits at most."""
    probabilities = counts.double() / counts.sum(dim=-1, keepdim=True).clamp(min=1)
    return torch.special.entr(probabilities).sum(dim=-1) / math.log(2)


def entropy_bitrate(counts: Tensor, *, frame_rate: float) -> float:
    """Bits per second that an ideal memoryless entropy coder of each codebook would need."""
    return float(entropy(counts).sum()) * frame_rate
