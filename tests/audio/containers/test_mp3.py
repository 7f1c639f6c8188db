import io
from itertools import pairwise

import pytest

from lfsc.audio import files
from lfsc.audio.containers import mp3
from lfsc.audio.containers.stream import Damage, StreamFile
from lfsc.audio.recording import UnreadableAudio

# 576 samples a frame at 16 kHz.
FRAME = 576


def frames(content: bytes) -> list[mp3.Frame]:
    return list(mp3.read_frames(io.BytesIO(content), 0, len(content)))


def without_summary(content: bytes) -> bytes:
    first = frames(content)[0]
    assert first.is_summary
    return content[first.size :]


def test_a_summary_counts_the_frames(encode):
    first, *others = frames(encode("mp3", 3.0))
    assert first.claimed == len(others)
    assert len({frame.size for frame in others}) > 2


def test_without_a_summary_frames_are_counted(encode):
    content = without_summary(encode("mp3", 3.0))
    count = len(frames(content))
    (stream,) = mp3.find_streams(io.BytesIO(content), len(content))
    whole = StreamFile(io.BytesIO(content), stream).read()
    assert whole.endswith(content)
    assert frames(whole)[0][4:] == (count, True)
    assert files.probe(content).num_samples == len(files.read(content).audio)
    assert abs(len(files.read(content).audio) - count * FRAME) < 2 * FRAME


def test_a_summary_that_counts_too_few_is_replaced(encode):
    content = encode("mp3") + without_summary(encode("mp3", 2.0))
    assert len(files.read(content).audio) > 3 * 16000


def test_a_summary_that_counts_frames_that_are_not_there_is_a_truncated_file(encode):
    content = encode("mp3", 3.0)
    cut = frames(content)[-5].start
    with pytest.raises(Damage, match=r"truncated, .* of .* frames are there"):
        mp3.find_streams(io.BytesIO(content[:cut]), cut)


@pytest.mark.parametrize("junk", [b"?", bytes(5000), bytes(range(256)) * 9, b"\xff\xfb" * 300])
def test_bytes_in_front_of_the_first_frame_are_passed_over(junk, encode):
    content = encode("mp3")
    assert files.read(junk + content).audio.equal(files.read(content).audio)


def test_a_broadcast_that_was_cut_is_read_from_its_first_whole_frame(encode):
    content = encode("mp3", 3.0)
    cut = frames(content)[5]
    assert (
        files.probe(content[cut.start + 50 :]).num_samples == files.probe(content[cut.start + cut.size :]).num_samples
    )


def test_a_few_frames_in_something_else_are_no_recording(encode):
    content = encode("mp3", 3.0)
    first = frames(content)[1]
    some = content[first.start : frames(content)[4].start]
    with pytest.raises(UnreadableAudio, match="not a recording"):
        files.read(b"some text " * 50 + some + b"and some more of it " * 50)


def test_frames_that_are_apart_are_no_recording(encode):
    content = encode("mp3", 4.0)
    starts = [*(frame.start for frame in frames(content)[::6]), len(content)]
    apart = b"".join(bytes(30) + content[start:end] for start, end in pairwise(starts))
    with pytest.raises(UnreadableAudio, match=r"damaged, or the sound of a video: .* in \d+ places"):
        files.read(apart)


def test_bytes_between_frames_are_passed_over(encode):
    content = encode("mp3", 2.0)
    middle = frames(content)[20].start
    for between in (bytes(300), b"\xff" * 300, b"APETAGEX" + bytes(4) + (40).to_bytes(4, "little") + bytes(56)):
        assert len(frames(content[:middle] + between + content[middle:])) == len(frames(content))


@pytest.mark.parametrize("content", [b"", b"\xff", b"\xff\xfb", b"\xff\xfb\x90\xc4" * 200, b"RIFF" + bytes(100)])
def test_what_is_no_mp3_is_none(content):
    assert mp3.find_streams(io.BytesIO(content), len(content)) is None
