"""Arrays of tokens as numpy.save writes them, read without numpy.load, which believes a header and can unpickle."""

import re

import numpy
from numpy.typing import NDArray

from lfsc.tokens.file import LARGEST_CODEBOOK

MAGIC = b"\x93NUMPY"
# By version: how many bytes say how long the header is.
LENGTHS = {1: 2, 2: 4, 3: 4}
DTYPE = re.compile(rb"'descr': *'([<>|=][ui][1248])'")
SHAPE = re.compile(rb"'shape': *\((\d{1,18}), *(\d{1,18}),? *\)")
ORDER = re.compile(rb"'fortran_order': *(True|False)")


def read(content: bytes) -> NDArray[numpy.int64]:
    """Tokens [C,F] of the bytes of an npy file; ValueError for whatever is no such array."""
    width = LENGTHS.get(content[6]) if content[:6] == MAGIC and len(content) > 6 else None
    if width is None:
        raise ValueError("its npy is no array of numpy.save")
    begin = 8 + width
    end = begin + int.from_bytes(content[8:begin], "little")
    header = content[begin:end]
    kind, sizes, order = (pattern.search(header) for pattern in (DTYPE, SHAPE, ORDER))
    if kind is None or sizes is None or order is None:
        raise ValueError(
            f"its npy is of {header.decode('latin-1').strip()[:100]!r}, expected whole numbers [codebooks, frames]"
        )
    dtype, shape = numpy.dtype(kind[1].decode()), (int(sizes[1]), int(sizes[2]))
    if len(content) - end != shape[0] * shape[1] * dtype.itemsize or 0 in shape:
        raise ValueError(f"its npy has {len(content) - end} bytes for {dtype} {list(shape)}")
    tokens = numpy.frombuffer(content, dtype, offset=end).reshape(shape, order="F" if order[1] == b"True" else "C")
    if not 0 <= tokens.min() <= tokens.max() < LARGEST_CODEBOOK:
        raise ValueError(
            f"its npy has codes from {tokens.min()} to {tokens.max()}, expected 0 to {LARGEST_CODEBOOK - 1}"
        )
    return tokens.astype(numpy.int64)
