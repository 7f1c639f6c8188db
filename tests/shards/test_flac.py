import io
from random import Random

import numpy
import pytest
import soundfile
import torch

from lfsc.audio import files
from lfsc.audio.files import UnreadableAudio
from lfsc.data.batch import UnusableClip
from lfsc.data.crops import Cropper
from lfsc.shards import flac
from lfsc.shards.seek_table import with_seek_table

pytest.importorskip("miniaudio", reason="miniaudio decodes FLAC by dr_flac; libsndfile does without it")

RATE, BLOCK, TABLE, AUDIO_OF_TABLE = 22050, 4096, 42, 46


def speech_like(samples: int) -> torch.Tensor:
    """Loud and quiet in turns, so that frames differ much in size."""
    noise = torch.randn(samples, generator=torch.Generator().manual_seed(samples))
    return 0.2 * noise * (torch.arange(samples) / 9000).sin() ** 8


def encoded(samples: int) -> bytes:
    return with_seek_table(files.encode(speech_like(samples), sample_rate=RATE, format="flac"))


def written(audio: numpy.ndarray, **options) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, audio, RATE, **{"format": "FLAC", "subtype": "PCM_16", **options})
    return content.getvalue()


def crops(read_rows, source, starts: list[int], length: int) -> tuple[numpy.ndarray, list[int]]:
    rows = numpy.zeros((len(starts), length), dtype=numpy.float32)
    return rows, read_rows(source, rows, starts=lambda info: starts)


def is_tabled(content: bytes) -> bool:
    return flac.with_seek_table(io.BytesIO(content)) is not None


@pytest.mark.parametrize(
    "samples", [BLOCK // 2, BLOCK, BLOCK + 1, 5 * BLOCK - 1, 5 * BLOCK, 5 * BLOCK + 1, 100 * BLOCK + 7]
)
@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, 24576, 10**6])
def test_crops_are_those_of_libflac(samples, length):
    content, random = encoded(samples), Random(samples)
    starts = [0, samples - 1, *(random.randrange(samples) for _ in range(30))]
    assert is_tabled(content)
    found, lengths = crops(flac.read_rows, content, starts, length)
    expected, expected_lengths = crops(files.read_rows, content, starts, length)
    assert lengths == expected_lengths
    assert numpy.array_equal(found, expected)


def test_a_table_longer_than_what_is_read_at_once():
    content = encoded(700 * BLOCK)
    assert flac.HEAD_BYTES < 700 * 18
    assert is_tabled(content)
    starts = [0, 350 * BLOCK + 3, 699 * BLOCK]
    assert numpy.array_equal(
        crops(flac.read_rows, content, starts, 9000)[0], crops(files.read_rows, content, starts, 9000)[0]
    )


def test_only_the_frames_of_the_crop_are_read():
    class Counted(io.BytesIO):
        count = 0

        def read(self, size=-1):
            content = super().read(size)
            self.count += len(content)
            return content

    content = encoded(400 * BLOCK)
    source = Counted(content)
    crops(flac.read_rows, source, [200 * BLOCK], 4 * BLOCK)
    assert source.count - flac.HEAD_BYTES < len(content) / 50


@pytest.mark.parametrize(
    "content",
    [
        files.encode(speech_like(9 * BLOCK), sample_rate=RATE, format="flac"),
        files.encode(speech_like(9 * BLOCK), sample_rate=RATE, format="wav"),
        files.encode(speech_like(9 * BLOCK), sample_rate=RATE, format="ogg"),
        with_seek_table(written(speech_like(9 * BLOCK).numpy(), subtype="PCM_24")),
        with_seek_table(written(speech_like(18 * BLOCK).reshape(-1, 2).numpy())),
        encoded(9 * BLOCK).replace((3 * BLOCK).to_bytes(8), b"\xff" * 8, 1),
    ],
    ids=["no table", "wav", "ogg", "24 bits", "stereo", "a placeholder in the table"],
)
def test_other_files_are_read_by_libsndfile(content):
    assert not is_tabled(content)
    starts = [5, 3 * BLOCK + 1]
    assert numpy.array_equal(
        crops(flac.read_rows, content, starts, 9000)[0], crops(files.read_rows, content, starts, 9000)[0]
    )


def test_without_miniaudio_the_crops_are_the_same(monkeypatch):
    content = encoded(30 * BLOCK)
    cropper = Cropper(sample_rate=RATE, length=24576, count=3, min_duration=0.4)
    expected = cropper(content, seed="seed")
    monkeypatch.setattr(flac, "miniaudio", None)
    found = cropper(content, seed="seed")
    assert found.lengths == expected.lengths
    assert numpy.array_equal(found.audio, expected.audio)


def test_no_damaged_frame_is_heard():
    content = encoded(3 * BLOCK)
    begin = len(flac.metadata(io.BytesIO(content)))
    expected, _ = crops(flac.read_rows, content, [0], 3 * BLOCK)
    damage = Random(0)
    for place in range(begin, len(content), 7):
        damaged = bytearray(content)
        damaged[place] ^= damage.randrange(1, 256)
        with pytest.raises(UnreadableAudio, match=r"^recording: truncated, \d+ of 12288 samples decode$"):
            crops(flac.read_rows, bytes(damaged), [0], 3 * BLOCK)
    assert numpy.array_equal(crops(flac.read_rows, content, [0], 3 * BLOCK)[0], expected)


def test_a_damaged_table_still_gives_the_right_crop_or_says_so():
    content = encoded(5 * BLOCK)
    expected, _ = crops(flac.read_rows, content, [2 * BLOCK + 9], BLOCK)
    damage, read = Random(0), 0
    for place in range(TABLE, len(flac.metadata(io.BytesIO(content)))):
        damaged = bytearray(content)
        damaged[place] ^= damage.randrange(1, 256)
        try:
            found, _ = crops(flac.read_rows, bytes(damaged), [2 * BLOCK + 9], BLOCK)
        except UnreadableAudio as error:
            assert "\n" not in str(error)
        else:
            read += 1
            assert numpy.array_equal(found, expected), place
    assert read > 50


@pytest.mark.parametrize("kept", [0, 3, 4, 20, 42, 45, 60, 200, 5000])
def test_a_truncated_file_says_so(kept):
    cropper = Cropper(sample_rate=RATE, length=None, min_duration=0.4)
    with pytest.raises(UnusableClip, match=r"truncated|not a recording"):
        cropper(encoded(9 * BLOCK)[:kept], seed="")
