"""Words and what they are."""

import math

import pytest

from lfsc.config.scalars import MARK, as_text, as_value, read_scalar, unmark

NUMBERS = {"0": 0, "-7": -7, "10": 10, "0.5": 0.5, "1.0": 1.0, "true": True, "false": False}
# The value where a number may stand, and the text that stays.
AMBIGUOUS = {"+5": 5, "1e5": 1e5, "1.10": 1.1, ".5": 0.5, "2.": 2.0, "1E-3": 1e-3, "True": True, "FALSE": False}
TEXTS = ["no", "yes", "on", "off", "y", "n", "012", "1:30", "1:30:00", "2024-01-15", "2024_01_15", "0x1F", "0b1", "0o7",
         "1__0", "_1", "nan", "inf", "NaN", "1e", "e5", "1.2.3", "-", ".", "tRue", "1" * 101]  # fmt: skip


def test_numbers_and_truth_values():
    assert {word: read_scalar(word) for word in NUMBERS} == NUMBERS
    assert all(type(read_scalar(word)) is type(value) for word, value in NUMBERS.items())
    assert all(as_text(read_scalar(word)) == word for word in NUMBERS)
    assert [read_scalar(word) for word in ("null", "Null", "NULL", "~")] == [None] * 4


def test_a_number_whose_text_would_be_lost_keeps_it():
    for word, value in AMBIGUOUS.items():
        assert read_scalar(word) == MARK + word
        assert as_text(read_scalar(word)) == word
        assert as_value(read_scalar(word)) == value and type(as_value(read_scalar(word))) is type(value)
    assert as_value(read_scalar(".inf")) == math.inf


@pytest.mark.parametrize("word", TEXTS)
def test_everything_else_is_text(word):
    assert as_value(read_scalar(word)) == word == as_text(read_scalar(word))


def test_thousands_may_be_set_apart_where_a_number_is_expected():
    assert as_value(read_scalar("1_000_000"), is_number=True) == 1_000_000
    assert as_value(read_scalar("1_000_000")) == "1_000_000"
    assert as_value(read_scalar("1_00"), is_number=True) == "1_00"


def test_no_mark_is_left():
    assert unmark({"a": [read_scalar("1.10"), "x"], "b": {"c": read_scalar("1e5")}}) == {
        "a": [1.1, "x"],
        "b": {"c": 1e5},
    }
