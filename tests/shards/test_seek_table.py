import io
from random import Random

import numpy
import pytest
import soundfile
import torch

from lfsc.audio.containers.flac import crc8
from lfsc.audio.files import encode, read
from lfsc.audio.recording import OneWay, UnreadableAudio
from lfsc.shards.seek_table import audio_start, with_seek_table

RATE = 22050
BLOCK = 4096


def speech_like(samples: int) -> torch.Tensor:
    """Loud and quiet in turns, so that frames differ much in size."""
    noise = torch.randn(samples, generator=torch.Generator().manual_seed(0))
    return 0.2 * noise * (torch.arange(samples) / 9000).sin() ** 8


def flac(samples: int) -> bytes:
    return encode(speech_like(samples), sample_rate=RATE, format="flac")


def points(content: bytes) -> list[tuple[int, int, int]]:
    """First sample, offset and length of each seek point."""
    assert content[42] == 3
    table = content[46 : 46 + int.from_bytes(content[43:46])]
    rows = [table[place : place + 18] for place in range(0, len(table), 18)]
    return [(int.from_bytes(r[:8]), int.from_bytes(r[8:16]), int.from_bytes(r[16:])) for r in rows]


def test_the_audio_is_the_same_to_the_last_bit():
    plain = flac(200_000)
    tabled = with_seek_table(plain)
    expected, _ = soundfile.read(io.BytesIO(plain), dtype="int16")
    found, rate = soundfile.read(io.BytesIO(tabled), dtype="int16")
    assert rate == RATE
    assert numpy.array_equal(found, expected)
    with soundfile.SoundFile(io.BytesIO(tabled)) as sound:
        for start in (0, 1, 4095, 4096, 150_000, 199_999):
            sound.seek(start)
            assert numpy.array_equal(sound.read(3000, dtype="int16"), expected[start : start + 3000])


@pytest.mark.parametrize("samples", [BLOCK, 3 * BLOCK, 3 * BLOCK + 1, 200_000, 700_000])
def test_each_whole_frame_has_a_point_from_which_it_decodes(samples):
    content = with_seek_table(flac(samples))
    expected, _ = soundfile.read(io.BytesIO(content), dtype="int16")
    listed = points(content)
    assert [first for first, _, _ in listed] == [BLOCK * number for number in range(samples // BLOCK)]
    begin = audio_start(content)
    for first, offset, length in listed:
        # Cut there, the rest is a FLAC file of its own, of which only the length is another.
        cut = content[:42].replace(b"fLaC\x00", b"fLaC\x80") + content[begin + offset :]
        assert length == BLOCK
        with OneWay(io.BytesIO(cut)) as sound:
            assert numpy.array_equal(sound.read(BLOCK, dtype="int16"), expected[first : first + BLOCK])


def test_a_clip_of_less_than_a_block_has_one_point():
    assert points(with_seek_table(flac(BLOCK // 2))) == [(0, 0, BLOCK // 2)]


def test_a_crop_takes_fewer_reads():
    class Counted(io.BytesIO):
        reads = 0

        def readinto(self, buffer):
            self.reads += 1
            return super().readinto(buffer)

    def reads(content: bytes) -> int:
        source = Counted(content)
        with soundfile.SoundFile(source) as sound:
            sound.seek(230_000)
        return source.reads

    plain = flac(300_000)
    assert reads(with_seek_table(plain)) < reads(plain)


def test_the_checksum_is_the_one_of_the_format():
    # The check value of CRC-8/SMBUS in the catalogue of parametrised CRC algorithms.
    assert crc8(b"123456789") == 0xF4


def test_no_damaged_frame_is_trained_on():
    content = with_seek_table(flac(3 * BLOCK))
    damage = Random(0)
    for place in range(audio_start(content), len(content), 7):
        damaged = bytearray(content)
        damaged[place] ^= damage.randrange(1, 256)
        with pytest.raises(UnreadableAudio, match=r"^recording"):
            read(bytes(damaged), num_samples=3 * BLOCK)


def test_a_damaged_table_still_gives_the_right_crop_or_says_so():
    content = with_seek_table(flac(5 * BLOCK))
    expected = read(content, start=2 * BLOCK + 9, num_samples=BLOCK).audio
    damage, right = Random(0), 0
    for place in range(42, audio_start(content)):
        damaged = bytearray(content)
        damaged[place] ^= damage.randrange(1, 256)
        try:
            found = read(bytes(damaged), start=2 * BLOCK + 9, num_samples=BLOCK).audio
        except UnreadableAudio as error:
            assert "\n" not in str(error)
        else:
            right += 1
            assert torch.equal(found, expected), place
    assert right > 50
