"""Speech to try the metrics of speech on."""

import pytest
import torch

from lfsc.metrics.metric import Audio


@pytest.fixture(scope="session")
def speech(voice) -> Audio:
    """Three seconds at 16 kHz, and the same with noise."""
    real = voice(3)
    noise = torch.randn(len(real), generator=torch.Generator().manual_seed(1))
    return Audio(real + 0.01 * noise, real)
