import torch

from data_prep.rules import Rules
from lfsc.audio import files

RULES = Rules(sample_rate=22050, min_seconds=0.4, max_seconds=30.0, min_rate=16000, long="cut")


def test_lengths_and_rates():
    assert RULES.check(5.0, 16000) is None
    assert RULES.check(0.39, 16000)[0] == "too short"
    assert RULES.check(31.0, 16000) is None
    assert RULES._replace(long="reject").check(31.0, 16000)[0] == "too long"
    assert RULES.check(5.0, 8000) == ("wrong rate", "8000 Hz, under 16000 Hz")


def test_silence_is_told_from_quiet_speech():
    audio = torch.randn(10_000, generator=torch.Generator().manual_seed(0))
    assert RULES.check_level(torch.zeros(1000))[0] == "silent"
    assert RULES.check_level(0.0005 * audio)[0] == "silent"
    assert RULES.check_level(0.005 * audio) is None


def test_clipping_is_told_from_loud_speech(say):
    audio = files.read(say("1 2 3 4 5 6 7 8 9")).audio
    loud = audio / audio.abs().max()
    assert RULES.check_level(loud) is None
    assert RULES.check_level(0.1 * loud) is None
    clipped = (4 * loud).clamp(-1, 1)
    assert RULES.check_level(clipped)[0] == "clipped"
    # Turned down after it was clipped, it is clipped all the same.
    assert RULES.check_level(0.3 * clipped)[0] == "clipped"
    assert RULES._replace(max_clipped=1.0).check_level(clipped) is None
