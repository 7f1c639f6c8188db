import shutil
import struct

import pytest

from lfsc.evaluation.codecs.opus import PROGRAMS, Opus, count_payload
from lfsc.metrics.fidelity import SISDR


def page(position: int, *packets: int) -> bytes:
    """An Ogg page with packets of so many bytes, fewer than 255 each."""
    head = b"OggS" + struct.pack("<BBqIIIB", 0, 0, position, 1, 0, 0, len(packets))
    return head + bytes(packets) + b"x" * sum(packets)


def test_payload_is_what_lies_in_pages_behind_the_headers():
    assert count_payload(page(0, 19) + page(0, 60) + page(960, 20, 30) + page(1920, 7)) == 57


@pytest.mark.parametrize("program", list(PROGRAMS))
def test_opus_comes_back_as_long_in_place_and_near_its_rate(program, voice, monkeypatch):
    if not shutil.which(program):
        pytest.skip(f"the program {program} is not installed")
    monkeypatch.setattr("lfsc.evaluation.codecs.opus.PROGRAMS", {program: PROGRAMS[program]})
    audio = voice(3, rate=48000)
    coded = Opus(kbps=24).encode_decode(audio)
    assert len(coded.audio) == len(audio)
    assert 12000 < coded.bits / 3 < 36000
    assert SISDR()(coded.audio[None], audio[None]) > 5


def test_without_a_program(monkeypatch):
    monkeypatch.setattr("lfsc.evaluation.codecs.opus.shutil.which", lambda name: None)
    with pytest.raises(ValueError, match="opus-tools"):
        Opus(kbps=6)


def test_rates_that_opus_does_not_have():
    with pytest.raises(ValueError, match="6 to 256 kbps"):
        Opus(kbps=2)
