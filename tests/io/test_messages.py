import shlex

import numpy
import pytest

from lfsc.audio.recording import UnreadableAudio
from lfsc.io.messages import as_word, describe, first_line, one_line, printable, say_count


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


def test_names_cannot_move_the_cursor_or_begin_a_line():
    assert printable("a\nb\x1b[2J\x9b\x7f.wav") == r"a\x0ab\x1b[2J\x9b\x7f.wav"
    assert printable("स्‍त्री\u3000عربي 👩‍🚀") == "स्‍त्री\u3000عربي 👩‍🚀"


def test_the_first_line_of_an_error_without_one_is_its_name():
    assert first_line(RuntimeError("\n two\nlines")) == "two"
    assert first_line(EOFError()) == first_line(EOFError(" \n")) == "EOFError"
    assert one_line(RuntimeError("\n two\n  lines")) == "two lines"


def test_an_error_of_a_file_begins_with_its_name_and_has_no_number():
    assert one_line(OSError(28, "could not be written, No space left", "a b.wav")) == (
        "a b.wav: could not be written, No space left"
    )


@pytest.mark.parametrize("name", ["runs/demo", "my run", "it's", "$HOME", ""])
def test_a_name_is_one_word_of_a_command(name):
    assert shlex.split(f"lfsc resume {as_word(name)}") == ["lfsc", "resume", name]


@pytest.mark.parametrize(("number", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_one_is_not_a_plural(number, said):
    assert say_count(number, "file") == said
