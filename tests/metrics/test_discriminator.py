"""The judges' opinions, by hand."""

import pytest
import torch

from lfsc.discriminators.ensemble import Judgement
from lfsc.metrics.discriminator import opinions


def test_means_and_accuracy():
    real = [Judgement(torch.tensor([[1.0, 0.6, 0.2, 0.8]]), [])]
    fake = [Judgement(torch.tensor([[0.1, 0.9, 0.3, 0.3]]), [])]
    told = opinions(["period_0"], real, fake)
    assert {name: value.item() for name, value in told.items()} == pytest.approx(
        {"judges/period_0_real": 0.65, "judges/period_0_fake": 0.4, "judges/period_0_accuracy": 0.75}
    )
