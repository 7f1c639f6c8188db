import math

import torch

from lfsc.audio import files
from lfsc.evaluation.clips import Clip
from lfsc.evaluation.codecs.base import Files, Identity
from lfsc.evaluation.loudness_shifts import followed_levels, silence_floor

RATE = 22050


class Compressor(Identity):
    """Makes everything equally loud."""

    def code(self, audio):
        return super().code(0.5 * audio / audio.abs().max().clamp(min=1e-9))


class Offset(Identity):
    def code(self, audio):
        return super().code(audio + 0.001)


def test_a_codec_that_follows_the_level_has_no_difference_and_one_that_does_not_has_it_all(voice):
    audio = voice(2, rate=RATE)
    audio = 0.25 * audio / audio.abs().max()
    clip = Clip(key="a", path=None)
    faithful, _ = followed_levels(Identity(RATE), clip, audio, RATE)
    assert {name: number.value for name, number in faithful.items()} == {
        "loudness_difference_minus_20_db": 0,
        "loudness_difference_minus_10_db": 0,
        "loudness_difference_plus_10_db": 0,
    }
    levelled, _ = followed_levels(Compressor(RATE), clip, audio, RATE)
    assert abs(levelled["loudness_difference_minus_20_db"].value - (20 + 20 * math.log10(2))) < 0.1


def test_a_shift_that_would_clip_is_left_out(voice):
    audio = voice(1, rate=RATE)
    audio = 0.9 * audio / audio.abs().max()
    measured, unmeasured = followed_levels(Identity(RATE), Clip("a", None), audio, RATE)
    assert set(measured) == {"loudness_difference_minus_20_db", "loudness_difference_minus_10_db"}
    assert "full scale" in unmeasured["loudness_difference_plus_10_db"]


def test_what_comes_back_of_silence(tmp_path):
    assert silence_floor(Identity(RATE), RATE) == -120
    assert math.isclose(silence_floor(Offset(RATE), RATE), -60, abs_tol=1e-3)
    files.write(tmp_path / "a.wav", torch.ones(9), sample_rate=RATE)
    assert silence_floor(Files(tmp_path), RATE) is None
    assert followed_levels(Files(tmp_path), Clip("a", None), torch.zeros(10), RATE) == ({}, {})
