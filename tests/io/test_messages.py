import numpy
import pytest

from lfsc.audio.recording import UnreadableAudio
from lfsc.io.messages import describe, printable


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("two\nlines"), "two lines"),
        (UnreadableAudio("a.wav: truncated"), "a.wav: truncated"),
        (MemoryError(), "MemoryError"),
        (FileNotFoundError(2, "No such file", "gr\udcfc.wav"), r"gr\xfc.wav: No such file"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (KeyError("x"), "KeyError: 'x'"),
        (numpy.exceptions.AxisError(1, 1), "AxisError: axis 1 is out of bounds for array of dimension 1"),
    ],
)
def test_an_error_is_one_line(error, text):
    assert describe(error) == text


def test_names_that_are_no_utf8_can_be_written():
    assert printable(b"gr\xfc\xdfe \xe2\x82\xac".decode("utf-8", "surrogateescape")) == r"gr\xfc\xdfe €"
    assert printable("\ud83d").isascii()
