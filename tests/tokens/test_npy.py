"""Arrays of tokens, against numpy.save."""

import io

import numpy
import pytest

from lfsc.tokens import npy

TOKENS = numpy.arange(10).reshape(2, 5)


def saved(array: numpy.ndarray, *, version: tuple[int, int] | None = None, **options) -> bytes:
    out = io.BytesIO()
    numpy.lib.format.write_array(out, array, version=version, **options)
    return out.getvalue()


@pytest.mark.parametrize("dtype", ["u1", "i1", "<u2", ">u2", "<i4", ">i4", "<u8", "i8"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_what_numpy_saves_is_read(dtype, order, version):
    found = npy.read(saved(numpy.asarray(TOKENS, dtype=dtype, order=order), version=version))
    assert found.dtype == numpy.int64 and (found == TOKENS).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no array of numpy.save"),
        (b"\x93NUMPY\x09\x00", "no array of numpy.save"),
        (saved(TOKENS.astype(float)), "expected whole numbers"),
        (saved(TOKENS[0]), r"expected whole numbers \[codebooks, frames\]"),
        (saved(TOKENS[None]), "expected whole numbers"),
        (saved(TOKENS.astype(object), allow_pickle=True), "expected whole numbers"),
        (saved(TOKENS[:, :0]), r"has 0 bytes for int64 \[2, 0\]"),
        (saved(TOKENS)[:-1], "has 79 bytes for int64"),
        (saved(TOKENS) + b"1", "has 81 bytes for int64"),
        (saved(TOKENS - 5), "codes from -5 to 4"),
        (saved(TOKENS + 65530), "codes from 65530 to 65539"),
        (saved(TOKENS).replace(b"(2, 5)", b"(2, 1099511627776)", 1), "bytes for int64"),
    ],
)
def test_anything_else_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        npy.read(content)
