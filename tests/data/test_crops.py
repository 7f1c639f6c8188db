import numpy
import pytest
import torch

from lfsc.audio.files import encode
from lfsc.data.batch import SilentCrop, UnusableClip
from lfsc.data.crops import Cropper

RATE = 22050


def flac(audio: torch.Tensor, rate: int = RATE) -> bytes:
    return encode(audio, sample_rate=rate, format="flac")


@pytest.fixture
def ramp() -> torch.Tensor:
    """Two seconds in which each sample says where it is."""
    return (torch.arange(2 * RATE) - RATE) / 32768


def place(value: torch.Tensor) -> int:
    return round(float(value) * 32768) + RATE


def cropper(**changes) -> Cropper:
    return Cropper(**{"sample_rate": RATE, "length": 5000, "min_duration": 0.4, **changes})


def test_each_crop_is_a_stretch_of_the_clip(ramp):
    crops = cropper(count=3)(flac(ramp), seed="some seed")
    assert crops.audio.shape == (3, 5000)
    assert crops.lengths == [5000] * 3
    starts = [place(row[0]) for row in crops.audio]
    assert len(set(starts)) == 3
    for start, row in zip(starts, crops.audio, strict=True):
        assert numpy.array_equal(row, ramp[start : start + 5000])


def test_a_seed_always_gives_the_same_crop(ramp):
    cut = cropper()
    assert numpy.array_equal(cut(flac(ramp), seed="a").audio, cut(flac(ramp), seed="a").audio)
    assert not numpy.array_equal(cut(flac(ramp), seed="a").audio, cut(flac(ramp), seed="b").audio)


def test_every_place_of_the_clip_is_reached(ramp):
    cut, content = cropper(length=RATE * 2 - 3), flac(ramp)
    starts = {place(cut(content, seed=str(seed)).audio[0, 0]) for seed in range(60)}
    assert starts == {0, 1, 2, 3}


def test_a_short_clip_is_padded_with_zeros(ramp):
    crops = cropper(length=3 * RATE)(flac(ramp), seed="")
    assert crops.lengths == [2 * RATE]
    assert crops.audio.shape == (1, 3 * RATE)
    assert not crops.audio[0, 2 * RATE :].any()
    assert numpy.array_equal(crops.audio[0, : 2 * RATE], ramp)


def test_without_a_length_the_whole_clip_is_taken(ramp):
    assert cropper(length=None)(flac(ramp), seed="").audio.shape == (1, 2 * RATE)


def damaged(ramp: torch.Tensor) -> bytes:
    content = bytearray(flac(torch.sin(ramp * 9000)))
    content[len(content) // 3 :] = bytes(len(content) - len(content) // 3)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda ramp: flac(ramp, rate=16000), "at 16000 Hz, not 22050 Hz"),
        (lambda ramp: flac(ramp[: RATE // 3]), "shorter than data.min_duration=0.4"),
        (lambda ramp: flac(0 * ramp), "silent"),
        (lambda ramp: b"not audio at all", "not a recording that can be decoded"),
        (lambda ramp: b"", "the file is empty"),
        (lambda ramp: flac(ramp)[:2000], "truncated|not a recording"),
        (damaged, "truncated|not a recording"),
    ],
    ids=["rate", "short", "silent", "garbage", "empty", "truncated", "damaged"],
)
def test_an_unusable_clip_says_why(ramp, content, reason):
    with pytest.raises(UnusableClip, match=reason) as raised:
        cropper(length=2 * RATE)(content(ramp), seed="")
    assert "\n" not in str(raised.value)


def test_a_silent_crop_is_told_from_a_silent_clip(ramp):
    ramp[:-1] = 0
    with pytest.raises(SilentCrop, match=r"^silent where it was cut$"):
        cropper()(flac(ramp), seed="some seed")
    assert cropper(length=None)(flac(ramp), seed="").audio.any()
    with pytest.raises(UnusableClip, match=r"^silent$") as raised:
        cropper()(flac(0 * ramp), seed="some seed")
    assert not isinstance(raised.value, SilentCrop)
