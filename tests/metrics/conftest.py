"""Speech-like sound for metrics that listen for speech."""

import math

import pytest
import torch
from torch import Tensor

from lfsc.metrics.metric import Audio


def voice(seconds: float, *, rate: int = 16000, seed: int = 0) -> Tensor:
    """Harmonics of a gliding pitch under syllables of four a second, [T]."""
    generator = torch.Generator().manual_seed(seed)
    time = torch.arange(int(seconds * rate), dtype=torch.float64) / rate
    phase = 2 * math.pi * (120 * time + 20 * torch.sin(2 * math.pi * 0.7 * time + seed))
    weights = torch.rand(30, generator=generator, dtype=torch.float64)
    tone = sum(w / (k + 1) * torch.sin((k + 1) * phase) for k, w in enumerate(weights))
    syllables = torch.sin(math.pi * 4 * time + seed).clamp(min=0).square()
    noise = 0.02 * torch.randn(len(time), generator=generator, dtype=torch.float64)
    return (0.3 * syllables * (tone + noise)).float()


@pytest.fixture(scope="session")
def speech() -> Audio:
    """Three seconds at 16 kHz, and the same with noise."""
    real = voice(3)
    noise = torch.randn(len(real), generator=torch.Generator().manual_seed(1))
    return Audio(real + 0.01 * noise, real)
