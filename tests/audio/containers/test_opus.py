import io

import pytest

from lfsc.audio import files
from lfsc.audio.containers import opus
from lfsc.audio.containers.ogg_pages import Page, read_pages
from lfsc.audio.containers.stream import Stream
from lfsc.audio.recording import UnreadableAudio


def pages_of(content: bytes) -> list[Page]:
    return list(read_pages(io.BytesIO(content), 0, len(content)))


def join(pages: list[Page]) -> bytes:
    return b"".join(page.content for page in pages)


def with_ends(content: bytes, change) -> bytes:
    """The file whose pages of audio say that they end at change(end, whether it is the last)."""
    head, tags, *pages = pages_of(content)
    return join([head, tags, *(page.with_end(change(page.end, page is pages[-1])) for page in pages)])


def test_pages_that_say_what_is_in_them_are_left_as_they_are(encode):
    content = encode("opus", 3.0)
    assert opus.make_stream(io.BytesIO(content), 0, len(content)) == Stream(0, len(content))


@pytest.mark.parametrize(
    "change",
    [
        lambda end, is_last: end + (7 if is_last else -83),  # as ffmpeg writes it
        lambda end, is_last: end if is_last else end - 30_000,  # as where it cuts the beginning off
        lambda end, is_last: 0 if is_last else end,
        lambda end, is_last: -1 if is_last else end,
        lambda end, is_last: 2**62 if is_last else end,
    ],
)
def test_an_opus_is_as_long_as_its_packets_whatever_its_pages_say(encode, change):
    content = encode("opus", 3.0)
    said = with_ends(content, change)
    assert said != content
    audio, rate = files.read(said)
    assert 3.0 <= len(audio) / rate <= 3.02
    assert files.read(said, start=8000, num_samples=4000).audio.equal(audio[8000:12000])
    assert audio[:32000].sub(files.read(content).audio[:32000]).abs().max() < 1e-3


def test_a_recording_that_begins_late_stays_as_it_is(encode):
    content = encode("opus", 3.0)
    said = with_ends(content, lambda end, is_last: end + 4_800_000)
    assert files.read(said).audio.equal(files.read(content).audio)


def test_pages_that_are_missing_are_damage(encode):
    pages = pages_of(encode("opus", 4.0))
    assert len(pages) > 5
    for found in (pages[:3] + pages[4:], [*pages[:3], pages[4], pages[3], *pages[5:]]):
        with pytest.raises(UnreadableAudio, match="damaged, pages of it are missing or not in their order"):
            files.read(join(found))


@pytest.mark.parametrize(
    "packet, samples",
    [(b"", 0), (b"\x08", 960), (b"\x19\0", 2 * 2880), (b"\x83\x04", 4 * 120), (b"\xff\x83", 3 * 960)],
)
def test_a_packet_tells_how_long_it_is(packet, samples):
    assert opus.count_samples(packet) == samples
