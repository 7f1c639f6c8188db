import io

import numpy
import pytest
import soundfile

from lfsc.audio import files
from lfsc.audio.containers import flac
from lfsc.audio.containers.stream import Damage
from lfsc.audio.files import probe
from lfsc.audio.recording import UnreadableAudio


def test_checksums_are_those_of_the_format():
    assert flac.crc8(b"123456789") == 0xF4
    # CRC-16/UMTS.
    assert flac.crc16(b"123456789") == 0xFEE8


def test_frames_end_where_the_next_begin(encode):
    content = encode("flac", 3.0)
    ends = sorted(frame.stop for frame in flac.find_frames(content, int.from_bytes(content[8:10])))
    assert ends == [*range(4096, 48000, 4096), 48000]


@pytest.mark.parametrize("block", [1 << 20, 100, 17])
@pytest.mark.parametrize("number", [0, 1])
def test_a_frame_of_another_rate_is_found_wherever_it_is(monkeypatch, encode, block, number):
    monkeypatch.setattr(flac, "BLOCK", block)
    content = encode("flac")
    places = sorted(frame.place for frame in flac.find_frames(content, 4096))
    start, end = places[number], places[number + 1]
    frame = bytearray(content[start:end])
    header = next(size for size in range(5, 16) if flac.crc8(frame[:size]) == frame[size])
    # The code of 8 kHz, and both checksums anew.
    frame[2] = frame[2] & 0xF0 | 4
    frame[header] = flac.crc8(frame[:header])
    frame[-2:] = flac.crc16(frame[:-2]).to_bytes(2)
    files.read(content)
    with pytest.raises(UnreadableAudio, match=f"its rate changes from 16000 to 8000 Hz at byte {start}: split it"):
        files.read(content[:start] + frame + content[end:])


def test_another_file_behind_is_found_across_blocks(monkeypatch, encode):
    monkeypatch.setattr(flac, "BLOCK", 64)
    content = encode("flac")
    flac.require_single(io.BytesIO(content))
    for pad in range(12):
        with pytest.raises(Damage, match=f"another FLAC file follows at byte {len(content) + pad}:"):
            flac.require_single(io.BytesIO(content + bytes(pad) + content))


@pytest.mark.parametrize("rate", [16000, 22050, 48000, 12000, 11025, 44101, 327670])
def test_frames_that_have_another_rate_than_the_header_are_refused(rate):
    content = io.BytesIO()
    soundfile.write(content, numpy.full(5000, 0.1), rate, format="FLAC")
    assert probe(content.getvalue()).sample_rate == rate
    damaged = bytearray(content.getvalue())
    damaged[18:21] = ((2 * rate << 4) | (damaged[20] & 15)).to_bytes(3)
    with pytest.raises(UnreadableAudio, match=f"its header says {2 * rate} Hz and its last frame {rate} Hz"):
        probe(bytes(damaged))
