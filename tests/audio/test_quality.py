import json
import math

import pytest
import torch

from lfsc.audio import files
from lfsc.audio.quality import find_complaints, gain_to, is_too_low, level_of
from lfsc.audio.resampling import resample


def noise(sample_rate=22050, level=-20.0):
    return torch.randn(2 * sample_rate, generator=torch.Generator().manual_seed(0)) * 10 ** (level / 20)


def test_sound_speech_raises_no_complaint():
    assert find_complaints(noise(), sample_rate=22050, codec_rate=22050) == []
    assert find_complaints(noise(44100), sample_rate=44100, codec_rate=22050) == []


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_low_rate_is_told_once_for_all_recordings(rate):
    assert is_too_low(rate, 22050) and not is_too_low(22050, 22050)
    assert find_complaints(noise(rate), sample_rate=rate, codec_rate=22050) == []


def test_a_rate_that_promises_more_than_there_is_is_told():
    upsampled = resample(noise(16000), from_rate=16000, to_rate=44100)
    (complaint,) = find_complaints(upsampled, sample_rate=44100, codec_rate=22050)
    assert complaint.startswith("nothing above ") and complaint.endswith("though its rate is 44100 Hz")


def test_one_full_band_minute_is_enough():
    dull = resample(noise(8000), from_rate=8000, to_rate=22050).repeat(40)
    assert find_complaints(dull, sample_rate=22050, codec_rate=22050) != []
    assert find_complaints(torch.cat([dull, noise()]), sample_rate=22050, codec_rate=22050) == []


def test_clipping_is_told_at_any_height():
    loud = noise(level=-14.0)
    for ceiling in (1.0, 0.5):
        (complaint,) = find_complaints(loud.clamp(-0.3, 0.3) / 0.3 * ceiling, sample_rate=22050, codec_rate=11025)[:1]
        assert complaint.startswith("clipped: ") and complaint.endswith(f"flat at {ceiling:.2f}")


@pytest.mark.parametrize(("level", "word"), [(-60.0, "quiet"), (-3.0, "loud")])
def test_extreme_levels_are_told(level, word):
    (complaint,) = find_complaints(noise(level=level), sample_rate=22050, codec_rate=22050)
    assert complaint.startswith(f"far too {word}: {level:.0f} dB RMS")


def test_silence_is_told():
    assert find_complaints(torch.zeros(5000), sample_rate=22050, codec_rate=22050) == ["digital silence throughout"]


def test_levels_and_gains():
    tone = 0.5 * torch.sin(torch.arange(22050) * 0.1)
    assert level_of(tone) == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.01)
    assert gain_to(-30.0, tone) == pytest.approx(-30 - level_of(tone))
    assert gain_to(-1.0, tone) == pytest.approx(20 * math.log10(2), abs=0.01)
    assert (level_of(torch.zeros(9)), gain_to(-20.0, torch.zeros(9))) == (None, 0.0)


def test_real_recordings_are_told_apart_by_their_band(real_speech):
    rows = [json.loads(line) for line in (real_speech / "manifest.jsonl").read_text().splitlines()][::20]
    for row in rows:
        audio, rate = files.read(real_speech / row["path"])
        complaints = find_complaints(audio, sample_rate=rate, codec_rate=22050)
        told = is_too_low(rate, 22050) or any("nothing above" in text for text in complaints)
        if row["band"] != "limited":
            assert told == (row["band"] == "16k"), row["path"]
