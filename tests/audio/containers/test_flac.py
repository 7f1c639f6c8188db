import io

import pytest

from lfsc.audio.containers import flac
from lfsc.audio.containers.stream import Damage


def test_checksums_are_those_of_the_format():
    assert flac.crc8(b"123456789") == 0xF4
    # CRC-16/UMTS.
    assert flac._crc16(b"123456789") == 0xFEE8


def test_frames_end_where_the_next_begin(encode):
    content = encode("flac", 3.0)
    ends = sorted(stop for _, stop in flac._find_frame_ends(content, int.from_bytes(content[8:10])))
    assert ends == [*range(4096, 48000, 4096), 48000]


def test_another_file_behind_is_found_across_blocks(monkeypatch, encode):
    monkeypatch.setattr(flac, "BLOCK", 64)
    content = encode("flac")
    flac.require_single(io.BytesIO(content))
    for pad in range(12):
        with pytest.raises(Damage, match=f"another FLAC file follows at byte {len(content) + pad}:"):
            flac.require_single(io.BytesIO(content + bytes(pad) + content))
