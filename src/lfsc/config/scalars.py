"""One text, one value: how a word of a recipe or of the command line is read."""

import re
from typing import Any

WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
DECIMAL = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
# Thousands may be set apart, 100_000, where a whole number is expected; elsewhere that is text, as a date is.
GROUPED = re.compile(r"[-+]?[1-9][0-9]{0,2}(_[0-9]{3})+")
CONSTANTS = {"true": True, "false": False, "null": None, "~": None, ".inf": float("inf"), "-.inf": -float("inf")}
LONGEST_NUMBER = 100
# Before a text that may be a number, until it is known whether one is expected there: a code point that
# Unicode reserves for such use inside a program.
MARK = "\ufdd0"


def read_scalar(text: str) -> Any:
    """The value of an unquoted word by YAML 1.2: numbers in decimal notation, true, false, null and ~; else text.

    So are 012, 1:30, 0x10, no and 2024_01_15 text. A number whose text would be lost, such as 1.10 or 1e5, is that
    text after a MARK, for `type_values`.
    """
    value = plain_value(text)
    if GROUPED.fullmatch(text) or (value is not None and value is not text and spell(value) != text):
        return MARK + text
    return value


def plain_value(text: str) -> Any:
    """The value of an unquoted word where nothing is known of its place."""
    if text.lower() in CONSTANTS and text in (text.lower(), text.upper(), text.capitalize()):
        return CONSTANTS[text.lower()]
    if len(text) > LONGEST_NUMBER:
        return text
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text


def spell(value: Any) -> str:
    """The text of a number or a truth value."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_text(value: Any) -> Any:
    """A number or truth value as the text that it was written as; anything else as it is."""
    if isinstance(value, str):
        return value.replace(MARK, "")
    return spell(value) if type(value) in (bool, int, float) else value


def as_value(value: Any, *, is_number: bool = False) -> Any:
    """What follows a mark; with `is_number`, where a number is expected."""
    if not (isinstance(value, str) and value.startswith(MARK)):
        return value
    text = value.removeprefix(MARK)
    return int(text.replace("_", "")) if is_number and GROUPED.fullmatch(text) else plain_value(text)


def unmark(value: Any) -> Any:
    """Plain containers without marks, where nothing is known of any place."""
    if isinstance(value, dict):
        return {key: unmark(each) for key, each in value.items()}
    return [unmark(each) for each in value] if isinstance(value, list) else as_value(value)
