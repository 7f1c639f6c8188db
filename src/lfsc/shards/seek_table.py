"""A table of contents for FLAC files, by which a decoder finds a crop at once instead of by trial."""

from collections.abc import Iterator

from lfsc.audio.containers.flac import STREAMINFO_END, crc8

# RFC 9639: the type of the block, and the bit of the last one.
SEEK_TABLE = 3
LAST_BLOCK = 0x80


def with_seek_table(flac: bytes) -> bytes:
    """The FLAC file with a SEEKTABLE block that lists each of its frames; those of an encoder with a fixed block size.

    Such frames begin with the same four bytes, their number, and a checksum of these; only the last differs.
    """
    block_size = int.from_bytes(flac[8:10])
    length = int.from_bytes(flac[21:26]) & (1 << 36) - 1
    points = b"".join(
        (number * block_size).to_bytes(8)
        + offset.to_bytes(8)
        + min(block_size, length - number * block_size).to_bytes(2)
        for number, offset in enumerate(frames(flac))
    )
    header = bytes([SEEK_TABLE]) + len(points).to_bytes(3)
    return flac[:STREAMINFO_END] + header + points + flac[STREAMINFO_END:]


def frames(flac: bytes) -> Iterator[int]:
    """Where the whole frames begin, in bytes after the first one's beginning."""
    begin = place = audio_start(flac)
    number, start = 0, flac[begin : begin + 4]
    while True:
        # Numbers are coded as UTF-8 codes characters.
        header = start + chr(number).encode(errors="surrogatepass")
        place = flac.find(header + bytes([crc8(header)]), place)
        if place < 0:
            return
        yield place - begin
        place, number = place + len(header), number + 1


def audio_start(flac: bytes) -> int:
    """Where the blocks of metadata end."""
    place, last = 4, 0
    while not last:
        last = flac[place] & LAST_BLOCK
        place += 4 + int.from_bytes(flac[place + 1 : place + 4])
    return place
