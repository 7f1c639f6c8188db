import io

import pytest

from lfsc.audio import files
from lfsc.audio.containers.ogg_pages import Page, read_pages, with_checksum
from lfsc.audio.recording import UnreadableAudio


def pages_of(content: bytes) -> list[Page]:
    return list(read_pages(io.BytesIO(content), 0, len(content)))


@pytest.mark.parametrize("number, end", [(-1, -1), (-1, 0), (-1, 40_000), (-1, 1 << 40), (-2, -1), (-2, 20_000)])
def test_a_page_that_ends_where_it_cannot_is_damage(number, end, encode):
    pages = pages_of(encode("vorbis", 3.0))
    place = pages[number - 1].end
    pages[number] = pages[number].with_end(end)
    with pytest.raises(UnreadableAudio, match=f"damaged, a page that ends at sample {place} is followed by one that"):
        files.probe(b"".join(page.content for page in pages))


def test_a_page_that_is_missing_is_damage(encode):
    pages = pages_of(encode("vorbis", 8.0))
    with pytest.raises(UnreadableAudio, match=r"damaged, .*|truncated, .*"):
        files.read(b"".join(page.content for page in pages[:4] + pages[6:]))


def test_a_first_packet_that_is_cut_short_is_no_recording(encode):
    first, *others = pages_of(encode("vorbis"))
    cut = first.content[:26] + b"\1\7" + b"\x01vorbis"
    with pytest.raises(UnreadableAudio):
        files.probe(with_checksum(cut) + b"".join(page.content for page in others))


def test_a_recording_may_begin_anywhere(encode):
    content = encode("vorbis", 3.0)
    later = b"".join(page.with_end(page.end + 10**6 if page.end > 0 else 0).content for page in pages_of(content))
    assert files.read(later).audio.equal(files.read(content).audio)
