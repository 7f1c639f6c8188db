import math

import numpy
import pytest
import torch

from lfsc.audio.resampling import resample


def tone(hertz: float, rate: int, seconds: float = 1.0) -> torch.Tensor:
    return 0.5 * torch.sin(2 * math.pi * hertz * torch.arange(int(rate * seconds), dtype=torch.float64) / rate).float()


@pytest.mark.parametrize("length", [1, 2, 999, 16000])
@pytest.mark.parametrize(("from_rate", "to_rate"), [(16000, 22050), (48000, 22050), (44100, 22050), (22050, 16000)])
def test_length(length, from_rate, to_rate):
    resampled = resample(torch.zeros(2, length), from_rate=from_rate, to_rate=to_rate)
    assert resampled.shape == (2, math.ceil(length * to_rate / from_rate))


def test_equal_rates_are_untouched():
    audio = torch.randn(100)
    assert resample(audio, from_rate=22050, to_rate=22050) is audio


@pytest.mark.parametrize("from_rate", [16000, 24000, 32000, 44100, 48000])
@pytest.mark.parametrize("hertz", [100.0, 1000.0, 6500.0])
def test_a_tone_stays_the_same_tone(from_rate, hertz):
    resampled = resample(tone(hertz, from_rate), from_rate=from_rate, to_rate=22050)
    inner = slice(1000, -1000)
    assert (resampled - tone(hertz, 22050))[inner].abs().max() < 1e-3


def test_what_the_new_rate_cannot_hold_is_removed():
    assert resample(tone(14000.0, 48000), from_rate=48000, to_rate=22050)[500:-500].abs().max() < 1e-4


def test_agrees_with_soxr():
    soxr = pytest.importorskip("soxr")
    audio = sum(tone(hertz, 16000) for hertz in (150.0, 777.0, 2500.0, 6000.0)) / 4
    expected = torch.from_numpy(soxr.resample(audio.numpy().astype(numpy.float64), 16000, 22050, quality="VHQ"))
    assert (resample(audio, from_rate=16000, to_rate=22050) - expected.float())[1000:-1000].abs().max() < 1e-3


def test_rates_without_a_common_factor_are_refused():
    with pytest.raises(ValueError, match="22050/22051"):
        resample(torch.zeros(10), from_rate=22051, to_rate=22050)
