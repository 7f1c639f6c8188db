"""Whatever does it, it is zlib."""

import random
import zlib as standard

from lfsc.io.compression import zlib


def test_it_sums_and_inflates_as_zlib_does():
    content = random.Random(0).randbytes(100_000)
    assert zlib.crc32(content) == standard.crc32(content)
    assert zlib.decompressobj(wbits=31).decompress(standard.compress(content, wbits=31)) == content
