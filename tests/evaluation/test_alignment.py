import re

import pytest
import torch
from torch.nn import functional as F

from lfsc.evaluation.alignment import find_misalignment
from lfsc.evaluation.codecs.griffin_lim import MelGriffinLim

RATE = 22050


@pytest.fixture(scope="module")
def real(voice):
    return voice(2, rate=RATE)


def problem(fake, real, tolerance=0.0):
    return find_misalignment(fake, real, sample_rate=RATE, tolerance=tolerance)


def noisy(audio):
    return audio + 0.05 * torch.randn(len(audio), generator=torch.Generator().manual_seed(0))


def test_what_is_in_place_passes(real):
    assert problem(real, real) == ""
    assert problem(0.2 * noisy(real), real) == ""
    assert problem(real[:-1], real) == ""
    assert problem(torch.zeros_like(real), real) == ""


@pytest.mark.parametrize(
    ("samples", "words"), [(-441, "441 samples (20.0 ms) shorter"), (100, "100 samples (4.5 ms) longer")]
)
def test_lengths(real, samples, words):
    fake = F.pad(real, (0, samples))
    assert words in problem(fake, real)
    assert problem(fake, real, tolerance=0.021) == ""


@pytest.mark.parametrize(("lag", "words"), [(37, "37 samples (1.7 ms) late"), (-2205, "2205 samples (100.0 ms) early")])
def test_offsets(real, lag, words):
    fake = F.pad(real, (lag, -lag))
    assert problem(noisy(fake), real).startswith(f"offset: {words}")


def test_a_flipped_sign(real):
    assert problem(noisy(-real), real).startswith("sign: flipped")
    assert "100 samples (4.5 ms) late" in problem(-F.pad(real, (100, -100)), real)


def test_a_codec_that_loses_the_phases_is_aligned_by_its_envelope(real):
    fake = MelGriffinLim(sample_rate=RATE, device="cpu").encode_decode(real).audio
    assert problem(fake, real) == ""
    late = F.pad(fake, (2205, -2205))
    assert re.match(r"offset: about \d+ samples \(\d+\.\d ms\) late", problem(late, real))


@pytest.mark.parametrize("length", [1, 2, 50, 500])
def test_the_shortest_clips_pass(length):
    audio = torch.randn(length, generator=torch.Generator().manual_seed(0))
    assert problem(audio, audio) == ""


@pytest.mark.parametrize("samples", [1, 220, 4410])
def test_of_a_clip_with_few_periods_neither_sign_nor_offset_is_judged(samples):
    hum = torch.sin(2 * torch.pi * 100 * torch.arange(1, samples + 1) / RATE)
    assert problem(-hum, hum) == ""
    assert problem(hum.roll(70), hum) == ""


def test_a_slight_shift_is_an_offset_in_a_faithful_waveform_only():
    noise = torch.randn(2 * RATE, generator=torch.Generator().manual_seed(0))
    late = F.pad(noise, (2, -2))
    assert problem(late, noise).startswith("offset: 2 samples (0.1 ms) late")
    rough = late + torch.randn(len(noise), generator=torch.Generator().manual_seed(1))
    assert problem(rough, noise) == ""
    assert problem(torch.roll(rough, 35), noise).startswith("offset: 37 samples")
