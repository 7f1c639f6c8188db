import math

import torch

from lfsc.audio import files
from lfsc.evaluation.codecs.base import Identity, ReconstructionFolder
from lfsc.evaluation.loudness_shifts import measure_loudness_shifts, silence_floor

RATE = 22050


class Compressor(Identity):
    """Makes everything equally loud."""

    def encode_decode(self, audio):
        return super().encode_decode(0.5 * audio / audio.abs().max().clamp(min=1e-9))


class Offset(Identity):
    def encode_decode(self, audio):
        return super().encode_decode(audio + 0.001)


def test_only_a_codec_that_does_not_follow_the_level_has_a_difference(voice):
    audio = voice(2, rate=RATE)
    audio = 0.25 * audio / audio.abs().max()
    faithful, _ = measure_loudness_shifts(Identity(RATE), "a", audio, RATE)
    assert {name: number.value for name, number in faithful.items()} == {
        "loudness_difference_minus_20_db": 0,
        "loudness_difference_minus_10_db": 0,
        "loudness_difference_plus_10_db": 0,
    }
    levelled, _ = measure_loudness_shifts(Compressor(RATE), "a", audio, RATE)
    assert abs(levelled["loudness_difference_minus_20_db"].value - (20 + 20 * math.log10(2))) < 0.1


def test_a_shift_beyond_full_scale_is_skipped(voice):
    audio = voice(1, rate=RATE)
    audio = 0.9 * audio / audio.abs().max()
    measured, unmeasured = measure_loudness_shifts(Identity(RATE), "a", audio, RATE)
    assert set(measured) == {"loudness_difference_minus_20_db", "loudness_difference_minus_10_db"}
    assert "full scale" in unmeasured["loudness_difference_plus_10_db"]


def test_the_reconstruction_of_silence(tmp_path):
    assert silence_floor(Identity(RATE), RATE) == -120
    assert math.isclose(silence_floor(Offset(RATE), RATE), -60, abs_tol=1e-3)
    files.write(tmp_path / "a.wav", torch.ones(9), sample_rate=RATE)
    assert silence_floor(ReconstructionFolder(tmp_path), RATE) is None
    assert measure_loudness_shifts(ReconstructionFolder(tmp_path), "a", torch.zeros(10), RATE) == ({}, {})
