"""Exported graphs compared with the codec that they were made of."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from lfsc.models.codec import Codec

# Frames and clips that the export did not see; the first is a single frame, only partly filled.
SHAPES = ((1, 0.4), (1, 5.0), (3, 17.3), (2, 40.9))
AUDIO_TOLERANCE = 1e-4


class Parity(NamedTuple):
    tokens: int
    tokens_equal: int
    audio_difference: float

    def __str__(self) -> str:
        return f"{self.tokens_equal} of {self.tokens} tokens equal, audio within {self.audio_difference:.1e}"

    @property
    def holds(self) -> bool:
        return self.tokens_equal == self.tokens and self.audio_difference <= AUDIO_TOLERANCE


Step = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def measure_parity(
    codec: Codec,
    encode: Callable[[Tensor], Tensor],
    decode: Callable[[Tensor], Tensor],
    *,
    step: Step | None = None,
    state_size: int = 0,
) -> Parity:
    """How far exported `encode`, `decode` and, frame by frame, `step` agree with the codec on other lengths."""
    total, equal, difference = 0, 0, 0.0
    for batch, frames in SHAPES:
        audio = probe_audio(batch, int(frames * codec.hop_length), codec.sample_rate)
        expected = codec.encode(audio).tokens
        tokens = encode(audio)
        total += expected.numel()
        equal += int((tokens == expected).sum()) if tokens.shape == expected.shape else 0
        decoded = codec.decode(expected).audio
        difference = max(difference, largest_difference(decode(expected), decoded))
        if step is not None:
            stepped = run_frame_by_frame(step, expected, torch.zeros(batch, state_size))
            difference = max(difference, largest_difference(stepped, decoded))
    return Parity(total, equal, difference)


def run_frame_by_frame(step: Step, tokens: Tensor, state: Tensor) -> Tensor:
    """Audio [B,T] of tokens [B,C,F], a frame at a time."""
    parts = []
    for frame in tokens.split(1, dim=-1):
        audio, state = step(frame, state)
        parts.append(audio)
    return torch.cat(parts, dim=-1)


def largest_difference(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).abs().max()) if found.shape == expected.shape else float("inf")


def probe_audio(batch: int, samples: int, sample_rate: int) -> Tensor:
    """Harmonics of a gliding pitch in a little noise [B,T], the same each time."""
    generator = torch.Generator().manual_seed(0)
    time = torch.arange(samples) / sample_rate
    pitch = torch.linspace(90, 240, batch)[:, None]
    phase = 2 * torch.pi * (pitch * time + 12 * torch.sin(5 * time))
    tone = sum(torch.sin(k * phase) / k for k in range(1, 16))
    return 0.1 * tone + 0.01 * torch.randn(batch, samples, generator=generator)
