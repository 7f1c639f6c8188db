"""Pages of Ogg (RFC 3533)."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

HEADER = 27
MOST = HEADER + 255 + 255 * 255  # bytes of a page
FIRST_PAGE, LAST_PAGE = 2, 4
# Where in a header they are: the place in the stream at which the page ends, the stream's number, and the checksum.
END, STREAM, CHECKSUM = slice(6, 14), slice(14, 18), slice(22, 26)
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Page(NamedTuple):
    content: bytes  # of all of it

    @property
    def packets_at(self) -> int:
        """Where in the page its first packet, or a part of one, begins."""
        return HEADER + self.content[26]

    @property
    def is_last(self) -> bool:
        return bool(self.content[5] & LAST_PAGE)

    @property
    def end(self) -> int:
        """The place in the stream, in the unit of its codec, at which its last whole packet ends; -1 for none."""
        return int.from_bytes(self.content[END], "little", signed=True)

    @property
    def number(self) -> int:
        """Its own in the stream."""
        return int.from_bytes(self.content[18:22], "little")

    def pieces(self) -> Iterator[tuple[bytes, bool]]:
        """Its packets, or parts of them, and whether the packet ends there."""
        place, size = self.packets_at, 0
        sizes = self.content[HEADER:place]
        for number, lacing in enumerate(sizes, 1):
            size += lacing
            if lacing < 255 or number == len(sizes):
                yield self.content[place : place + size], lacing < 255
                place, size = place + size, 0

    def with_end(self, end: int) -> "Page":
        content = self.content[: END.start] + end.to_bytes(8, "little", signed=True) + self.content[END.stop :]
        return Page(with_checksum(content))


def read_pages(file: BinaryIO, start: int, stop: int) -> Iterator[Page]:
    """Pages that are known to be whole, from one byte of a file to another."""
    while start < stop:
        file.seek(start)
        content = file.read(MOST)
        length = measure_page(content)
        yield Page(content[:length])
        start += length


def measure_page(content: bytes) -> int:
    """The bytes of a page that begins so."""
    sizes = content[HEADER : HEADER + content[26]]
    return HEADER + content[26] + sum(sizes)


def is_sound(page: bytes) -> bool:
    """Whether the checksum of a page is right."""
    return page[CHECKSUM] == make_checksum(page)


def make_checksum(page: bytes) -> bytes:
    """The checksum of a page: zlib's, but begun with 0, and with the bits of each byte reversed."""
    page = page[: CHECKSUM.start] + bytes(4) + page[CHECKSUM.stop :]
    checksum = zlib.crc32(page.translate(MIRRORED), 0xFFFFFFFF)
    return (checksum ^ 0xFFFFFFFF).to_bytes(4, "big").translate(MIRRORED)


def with_checksum(page: bytes) -> bytes:
    return page[: CHECKSUM.start] + make_checksum(page) + page[CHECKSUM.stop :]
