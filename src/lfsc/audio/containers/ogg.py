"""Ogg (RFC 3533): pages, each of a logical stream; streams may follow each other in one file."""

from typing import BinaryIO

from lfsc.audio.containers import opus, vorbis
from lfsc.audio.containers.ogg_pages import FIRST_PAGE, HEADER, LAST_PAGE, STREAM, is_sound, measure_page, read_pages
from lfsc.audio.containers.stream import Damage, Stream

CAPTURE = b"OggS"
BLOCK = 1 << 20
# What libsndfile does not decode, by the beginnings of first packets.
NOT_READ = {
    b"\x7fFLAC": "FLAC",
    b"Speex   ": "Speex",
    b"\x80theora": "Theora, which is video,",
    b"fishead\0": "a skeleton of several streams",
}


def find_streams(file: BinaryIO, size: int) -> list[Stream] | None:
    """The streams of an Ogg file one after the other, None where it is none; Damage where one is not whole."""
    file.seek(0)
    if file.read(4) != CAPTURE:
        return None
    starts, place, stream, ended = [0], 0, None, False
    while place < size:
        file.seek(place)
        header = file.read(HEADER + 255)
        if header[:4] != CAPTURE or len(header) < HEADER:
            # Tags of other formats may follow the last page.
            if ended and not has_page(file, place):
                return make_streams(file, starts, place)
            raise Damage(f"damaged or truncated, no page of Ogg at byte {place} of {size}")
        flags, before, stream = header[5], stream, header[STREAM]
        begins = bool(flags & FIRST_PAGE) and before is not None
        if begins and ended:
            starts.append(place)
        elif begins or before not in (None, stream):
            raise Damage(
                f"truncated, or of several tracks: at byte {place} another stream begins before the first ends; keep "
                "one track, as by ffmpeg -map 0:a:0"
            )
        ended = bool(flags & LAST_PAGE)
        length = measure_page(header)
        file.seek(place)
        # A decoder would pass over a page that is damaged, and the recording would be shorter without a word.
        if place + length <= size and not is_sound(file.read(length)):
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
    """The stream; Damage where it is of a kind that is not read."""
    page = next(read_pages(file, start, end))
    packet = page.content[page.packets_at :]
    for begin, kind in NOT_READ.items():
        if packet.startswith(begin):
            raise Damage(f"{kind} in Ogg is not read: convert it to .flac")
    if packet.startswith(vorbis.MAGIC):
        vorbis.check_ends(file, start, end)
    return opus.make_stream(file, start, end) if packet.startswith(opus.MAGIC) else Stream(start, end)


def has_page(file: BinaryIO, place: int) -> bool:
    file.seek(place)
    before = b""
    while block := file.read(BLOCK):
        if CAPTURE in before + block:
            return True
        before = block[-3:]
    return False
