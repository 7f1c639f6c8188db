"""Ogg (RFC 3533): pages, each of a logical stream; streams may follow each other in one file."""

import zlib
from typing import BinaryIO

from lfsc.audio.containers.stream import Damage, Stream

CAPTURE = b"OggS"
HEADER = 27
MOST = HEADER + 255 + 255 * 255  # bytes of a page
FIRST_PAGE, LAST_PAGE = 2, 4
BLOCK = 1 << 20
CHECKSUM = 22  # where it is in a page
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
# The first packet of FLAC in Ogg, which libsndfile does not decode.
FLAC = b"\x7fFLAC"
# In its first packet, Opus (RFC 7845) names the rate that was encoded. Where it is not known it is 0, which libsndfile
# takes for 8 kHz.
OPUS, OPUS_RATE, FULL_RATE = b"OpusHead", 12, 48000


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
            # Tags of other formats may follow the last page.
            if ended and not has_page(file, place):
                return make_streams(file, starts, place)
            raise Damage(f"damaged or truncated, no page of Ogg at byte {place} of {size}")
        flags, segments = header[5], header[26]
        if flags & FIRST_PAGE and not beginning:
            if not ended:
                raise Damage(f"truncated, its stream does not end before another begins at byte {place}")
            starts.append(place)
        beginning, ended = bool(flags & FIRST_PAGE), bool(flags & LAST_PAGE)
        length = HEADER + segments + sum(header[HEADER : HEADER + segments])
        # A decoder would pass over a page that is damaged, and the recording would be shorter without a word.
        if place + length <= size and not is_sound(file, place, length):
            raise Damage(f"damaged, the checksum of its page at byte {place} is wrong")
        place += length
    if place > size:
        raise Damage(f"truncated, its last page lacks {place - size} bytes")
    if not ended:
        raise Damage("truncated, its last page is not marked as the last")
    return make_streams(file, starts, size)


def make_streams(file: BinaryIO, starts: list[int], end: int) -> list[Stream]:
    return [make_stream(file, start, stop) for start, stop in zip(starts, [*starts[1:], end], strict=True)]


def make_stream(file: BinaryIO, start: int, end: int) -> Stream:
    """The stream, as one of 48 kHz where it is Opus of a rate that is not known; Damage where it is FLAC."""
    file.seek(start)
    page = file.read(MOST)
    packet = HEADER + page[26]
    if page.startswith(FLAC, packet):
        raise Damage("FLAC in Ogg is not read: convert it to .flac")
    rate = slice(packet + OPUS_RATE, packet + OPUS_RATE + 4)
    if not page.startswith(OPUS, packet) or page[rate] != bytes(4):
        return Stream(start, end)
    length = packet + sum(page[HEADER:packet])
    head = page[: rate.start] + FULL_RATE.to_bytes(4, "little") + page[rate.stop : length]
    return Stream(start + length, end, head[:CHECKSUM] + make_checksum(head) + head[CHECKSUM + 4 :])


def is_sound(file: BinaryIO, place: int, length: int) -> bool:
    """Whether the checksum of a page is right."""
    file.seek(place)
    page = file.read(length)
    return page[CHECKSUM : CHECKSUM + 4] == make_checksum(page)


def make_checksum(page: bytes) -> bytes:
    """The checksum of a page: zlib's, but begun with 0, and with the bits of each byte reversed."""
    checksum = zlib.crc32((page[:CHECKSUM] + bytes(4) + page[CHECKSUM + 4 :]).translate(MIRRORED), 0xFFFFFFFF)
    return (checksum ^ 0xFFFFFFFF).to_bytes(4, "big").translate(MIRRORED)


def has_page(file: BinaryIO, place: int) -> bool:
    file.seek(place)
    before = b""
    while block := file.read(BLOCK):
        if CAPTURE in before + block:
            return True
        before = block[-3:]
    return False
