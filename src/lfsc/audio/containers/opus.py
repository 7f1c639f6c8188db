"""Opus in Ogg (RFC 7845), made fit for libsndfile, which takes more of it literally than those who write it."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import BinaryIO

from lfsc.audio.containers.ogg_pages import Page, read_pages, with_checksum
from lfsc.audio.containers.stream import Damage, Stream

MAGIC = b"OpusHead"
# Where the first packet names the rate that was encoded. Where it is not known it is 0, which is taken for 8 kHz.
RATE, FULL_RATE = slice(12, 16), 48000
# Packets in front of those of audio.
HEADERS = 2
# Samples of a frame at 48 kHz, by the highest five bits of a packet (RFC 6716, 3.1).
FRAMES = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4


def make_stream(file: BinaryIO, start: int, stop: int) -> Stream:
    """The stream between two bytes of a file, whose pages are known to be whole."""
    pages = read_pages(file, start, stop)
    first = next(pages)
    mended = with_rate(first)
    if ends := correct_ends(file, start, stop):
        rest = (page.with_end(end) for page, end in zip(pages, ends[1:], strict=True))
        return Stream(stop, stop, b"".join(page.content for page in (mended, *rest)))
    if mended == first:
        return Stream(start, stop)
    return Stream(start + len(first.content), stop, mended.content)


def with_rate(first: Page) -> Page:
    rate = slice(first.packets_at + RATE.start, first.packets_at + RATE.stop)
    if first.content[rate] != bytes(4):
        return first
    content = first.content[: rate.start] + FULL_RATE.to_bytes(4, "little") + first.content[rate.stop :]
    return Page(with_checksum(content))


def correct_ends(file: BinaryIO, start: int, stop: int) -> list[int] | None:
    """Where each page ends by the packets in it; None where all pages say so.

    ffmpeg writes where the recording that it converts had them, off by some samples; libsndfile gives up there. Damage
    where pages are missing.
    """
    ends, found, numbers = [], [], []
    end = None
    for page, samples in measure_pages(read_pages(file, start, stop)):
        numbers.append(page.number)
        found.append(page.end)
        if samples is None:
            ends.append(page.end)
            continue
        begin = max(0, page.end - samples) if end is None else end
        end = begin + samples
        # An encoder fills its last packet up; where the recording ends is said by the last page alone.
        ends.append(page.end if page.is_last and begin < page.end < end else end)
    if ends == found:
        return None
    if any(after != before + 1 for before, after in pairwise(numbers)):
        raise Damage("damaged, pages of it are missing or not in their order")
    return ends


def measure_pages(pages: Iterable[Page]) -> Iterator[tuple[Page, int | None]]:
    """Each page with the samples of the packets of audio that end in it, None where none does."""
    packets, begun = 0, b""
    for page in pages:
        samples = None
        for piece, ends in page.pieces():
            begun = (begun + piece[:2])[:2]
            if ends:
                packets += 1
                if packets > HEADERS:
                    samples = (samples or 0) + count_samples(begun)
                begun = b""
        yield page, samples


def count_samples(packet: bytes) -> int:
    """The samples at 48 kHz of a packet, by its first two bytes."""
    if not packet:
        return 0
    frames = (1, 2, 2, packet[-1] & 63)[packet[0] & 3]
    return frames * FRAMES[packet[0] >> 3]
