"""Vorbis in Ogg: its length is where its last page says that it ends, which may not be so."""

from typing import BinaryIO

from lfsc.audio.containers.ogg_pages import read_pages
from lfsc.audio.containers.stream import Damage

MAGIC = b"\x01vorbis"
# In the first packet: the powers of two of the shorter and the longer block of samples.
BLOCKS = 28
# Packets in front of those of audio.
HEADERS = 3


def check_ends(file: BinaryIO, start: int, stop: int) -> None:
    """Damage where pages, which are known to be whole, end before those in front of them, or too far behind them.

    A decoder would leave out samples that are there, or find fewer than there should be.
    """
    pages = read_pages(file, start, stop)
    first = next(pages)
    blocks = first.packets_at + BLOCKS
    longest = 1 << (int.from_bytes(first.content[blocks : blocks + 1]) >> 4)
    packets, before = 1, None
    for page in pages:
        ended = sum(ends for _, ends in page.pieces())
        packets += ended
        if not ended or packets <= HEADERS:
            continue
        # A packet gives half a block at most; ffmpeg's pages may say a little more.
        if page.end < 0 or (before is not None and not 0 <= page.end - before <= ended * longest):
            raise Damage(f"damaged, a page that ends at sample {before} is followed by one that ends at {page.end}")
        before = page.end
