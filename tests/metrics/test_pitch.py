import math

import pytest
import torch

from lfsc.metrics.metric import Audio, Unmeasurable
from lfsc.metrics.pitch import f0_correlation, measure_pitch, voicing_error

pytest.importorskip("pyworld", reason="pyworld is not installed: pip install 'lfsc[world]'")
RATE = 16000


def glide(low: float, high: float, seconds: float = 1.0) -> torch.Tensor:
    """A voice of twenty harmonics whose pitch moves evenly from `low` to `high` Hz."""
    time = torch.arange(int(seconds * RATE), dtype=torch.float64) / RATE
    phase = 2 * math.pi * (low * time + (high - low) / (2 * seconds) * time.square())
    return (sum(torch.sin(number * phase) / number for number in range(1, 21)) / 4).float()


def test_pitch_is_that_of_the_voice():
    pitch = measure_pitch(glide(120, 240))
    inner = pitch[20:-20]
    expected = 120 + 120 * torch.arange(len(pitch)).numpy()[20:-20] * 0.005
    assert (inner > 0).all()
    assert abs(inner - expected).max() < 3


def test_both_metrics_share_the_pitch_of_a_pair(monkeypatch):
    import pyworld

    harvest, heard = pyworld.harvest, []
    monkeypatch.setattr(pyworld, "harvest", lambda *a, **options: heard.append(a) or harvest(*a, **options))
    pair = Audio(glide(120, 240), glide(120, 200))
    assert f0_correlation(pair) > 0.9
    assert voicing_error(pair) < 10
    assert len(heard) == 2
    assert f0_correlation(Audio(glide(240, 120), pair.real)) < 0  # others are not taken for them


def test_correlation_follows_the_melody():
    rising, falling = glide(120, 240), glide(240, 120)
    assert f0_correlation(Audio(rising, rising)) == pytest.approx(1)
    # An octave higher, it is the same melody.
    assert f0_correlation(Audio(glide(240, 480), rising)) > 0.99
    assert f0_correlation(Audio(falling, rising)) < -0.99


def test_voicing_error_is_the_share_of_frames():
    voiced = glide(150, 200, 2.0)
    half = voiced.clone()
    half[RATE:] = 0.1 * torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    assert voicing_error(Audio(voiced, voiced)) == 0
    assert voicing_error(Audio(half, voiced)) == pytest.approx(50, abs=10)


def test_without_voice_there_is_no_correlation():
    noise = torch.zeros(RATE)
    with pytest.raises(Unmeasurable, match="only 0 frames are voiced in both"):
        f0_correlation(Audio(noise, glide(120, 240)))
