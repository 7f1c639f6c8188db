"""Statistics of the discriminators' scores, by hand."""

import pytest
import torch

from lfsc.discriminators.ensemble import DiscriminatorOutput
from lfsc.metrics.discriminator import score_statistics


def test_means_and_accuracy():
    real = [DiscriminatorOutput(torch.tensor([[1.0, 0.6, 0.2, 0.8]]), [])]
    fake = [DiscriminatorOutput(torch.tensor([[0.1, 0.9, 0.3, 0.3]]), [])]
    statistics = score_statistics(["period_0"], real, fake)
    assert {name: value.item() for name, value in statistics.items()} == pytest.approx(
        {
            "discriminator/period_0/score_real": 0.65,
            "discriminator/period_0/score_fake": 0.4,
            "discriminator/period_0/accuracy": 0.75,
        }
    )
