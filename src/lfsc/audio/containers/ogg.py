"""Ogg (RFC 3533): pages, each of a logical stream; streams may follow each other in one file."""

from typing import BinaryIO

from .stream import Damage, Stream

CAPTURE = b"OggS"
HEADER = 27
FIRST_PAGE, LAST_PAGE = 2, 4
BLOCK = 1 << 20


def find_streams(file: BinaryIO, size: int) -> list[Stream] | None:
    """The streams of an Ogg file one after the other, None where it is none; Damage where one is not whole."""
    file.seek(0)
    if file.read(4) != CAPTURE:
        return None
    starts, place, beginning, ended = [0], 0, True, False
    while place < size:
        file.seek(place)
        header = file.read(HEADER + 255)
        if header[:4] != CAPTURE or len(header) < HEADER:
            # Tags of other formats may stand behind the last page.
            if ended and not _has_page(file, place):
                return _make_streams(starts, place)
            raise Damage(f"damaged or truncated, no page of Ogg at byte {place} of {size}")
        flags, segments = header[5], header[26]
        if flags & FIRST_PAGE and not beginning:
            if not ended:
                raise Damage(f"truncated, its stream does not end before another begins at byte {place}")
            starts.append(place)
        beginning, ended = bool(flags & FIRST_PAGE), bool(flags & LAST_PAGE)
        place += HEADER + segments + sum(header[HEADER : HEADER + segments])
    if place > size:
        raise Damage(f"truncated, its last page lacks {place - size} bytes")
    if not ended:
        raise Damage("truncated, its last page is not marked as the last")
    return _make_streams(starts, size)


def _make_streams(starts: list[int], end: int) -> list[Stream]:
    return [Stream(start, stop) for start, stop in zip(starts, [*starts[1:], end], strict=True)]


def _has_page(file: BinaryIO, place: int) -> bool:
    file.seek(place)
    before = b""
    while block := file.read(BLOCK):
        if CAPTURE in before + block:
            return True
        before = block[-3:]
    return False
