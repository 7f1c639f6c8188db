import pytest
import torch

from lfsc.metrics.metric import Audio, Unmeasurable
from lfsc.metrics.visqol import visqol

pytest.importorskip("visqol", reason="visqol-python is not installed: pip install 'lfsc[visqol]'")


def test_noise_costs_quality(speech):
    real = speech.real[:32000]
    noise = torch.randn(len(real), generator=torch.Generator().manual_seed(0))
    scores = [visqol(Audio(real + level * noise, real)) for level in (0, 0.01, 0.1)]
    assert 4.5 < scores[0] <= 5
    assert scores[0] > scores[1] > scores[2] >= 1


def test_too_short_to_be_measured():
    with pytest.raises(Unmeasurable, match="ViSQOL: "):
        visqol(Audio(torch.ones(100), torch.ones(100)))
