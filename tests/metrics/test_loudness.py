import math

import pytest
import torch

from lfsc.metrics.loudness import loudness, loudness_difference, pause_level_difference, rms_level
from lfsc.metrics.metric import Audio, Unmeasurable


def test_loudness_of_the_standard_s_own_signal():
    # EBU Tech 3341, case 1: a sine of -23 dBFS measures -23 LUFS in two channels, so 3.01 less in one.
    time = torch.arange(48000 * 4) / 48000
    sine = 10 ** (-23 / 20) * torch.sin(2 * math.pi * 997 * time)
    assert loudness(sine, sample_rate=48000) == pytest.approx(-23 - 3.01, abs=0.1)


def test_loudness_follows_gain(speech):
    halved = Audio(speech.real / 2, speech.real)
    assert loudness_difference(halved, sample_rate=16000) == pytest.approx(20 * math.log10(0.5), abs=0.05)


def test_a_clip_at_full_scale_is_exactly_as_loud_as_its_level_says(speech):
    full = speech.real / speech.real.abs().max()
    louder = loudness(full, sample_rate=16000) - loudness(full / 10, sample_rate=16000)
    assert louder == pytest.approx(20, abs=1e-5)


@pytest.mark.parametrize(("audio", "reason"), [(torch.ones(100), "shorter"), (torch.zeros(16000), "quieter")])
def test_what_has_no_loudness(audio, reason):
    with pytest.raises(Unmeasurable, match=reason):
        loudness(audio, sample_rate=16000)


def test_levels_in_decibels():
    assert rms_level(torch.ones(10)) == 0
    assert rms_level(torch.full((10,), 0.1)) == pytest.approx(-20)
    assert rms_level(torch.zeros(10)) == -120


def test_noise_in_pauses_is_found_and_noise_in_speech_is_not():
    generator = torch.Generator().manual_seed(0)
    real = 0.1 * torch.randn(16000, generator=generator)
    real[:4000] = 0.001 * torch.randn(4000, generator=generator)
    hiss = real.clone()
    hiss[:4000] *= 10
    loud = real.clone()
    loud[4000:] *= 10
    assert pause_level_difference(Audio(hiss, real), sample_rate=16000) == pytest.approx(20, abs=1e-3)
    assert pause_level_difference(Audio(loud, real), sample_rate=16000) == pytest.approx(0, abs=1e-3)
