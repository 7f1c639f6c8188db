import math

import pytest
import torch
import torchaudio

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


def test_agrees_with_torchaudios_best():
    audio = sum(tone(hertz, 16000) for hertz in (150.0, 777.0, 2500.0, 6000.0)) / 4
    kaiser_best = torchaudio.transforms.Resample(
        16000, 22050, resampling_method="sinc_interp_kaiser",
        lowpass_filter_width=64, rolloff=0.9475937167399596, beta=14.769656459379492,
    )  # fmt: skip
    difference = resample(audio, from_rate=16000, to_rate=22050) - kaiser_best(audio)
    assert difference[1000:-1000].abs().max() < 1e-3


def test_rates_without_a_common_factor_are_no_matter():
    resampled = resample(tone(1000.0, 22051), from_rate=22051, to_rate=22050)
    assert (resampled - tone(1000.0, 22050))[1000:-1000].abs().max() < 1e-3


def test_each_row_is_resampled_by_itself():
    audio = torch.randn(2, 3, 500, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rows = torch.stack([resample(row, from_rate=16000, to_rate=22050) for row in audio.flatten(0, 1)])
    together = resample(audio, from_rate=16000, to_rate=22050)
    assert together.dtype == torch.float64
    torch.testing.assert_close(together.flatten(0, 1), rows, rtol=0, atol=1e-7)


def test_the_last_sample_is_sound_where_the_length_is_rounded_up():
    """4 samples at 16 kHz end 0.25 ms after they begin; 5.5 at 22.05 kHz are 6."""
    resampled = resample(torch.ones(4), from_rate=16000, to_rate=22050)
    assert resampled.shape == (6,) and resampled[-1].abs() > 0.05


@pytest.mark.parametrize("rates", [(16000, 0), (-1, 16000), (16000, 22050.0), ("16000", 22050)])
def test_a_rate_that_is_none_is_told(rates):
    from_rate, to_rate = rates
    with pytest.raises(ValueError, match="expected a whole number of samples per second, above 0"):
        resample(torch.zeros(1, 100), from_rate=from_rate, to_rate=to_rate)
