"""Errors and names in one printable line."""

import shlex
from pathlib import Path
from typing import TypeGuard

# A file's name may hold what moves a terminal's cursor, or begins a line.
CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}


def one_line(error: BaseException) -> str:
    """What an error says; one of the system, without the number that the system has for it."""
    text = str(error)
    if is_systems(error):
        text = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return " ".join(text.split())


def is_systems(error: BaseException) -> TypeGuard[OSError]:
    return isinstance(error, OSError) and bool(error.strerror)


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or the error's name where it has none."""
    text = str(error.strerror if is_systems(error) else error)
    return (text.strip() or type(error).__name__).splitlines()[0]


def describe(error: BaseException) -> str:
    """What an error says; with its kind in front where it was not made for people."""
    text = printable(one_line(error))
    made_for_people = (
        type(error) in (ValueError, OSError)
        or is_systems(error)
        or type(error).__module__.startswith(("lfsc", "data_prep"))
    )
    return text if made_for_people and text else f"{type(error).__name__}: {text}".removesuffix(": ")


def say_count(number: int, noun: str) -> str:
    """1 file, 2 files; for nouns whose plural is made by an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def as_word(text: str | Path) -> str:
    """A text as one word of a command to type: in quotes where a shell would take it for several, or for more."""
    return shlex.quote(str(text))


def printable(text: str) -> str:
    r"""The text in one line that can be written anywhere, with \xfc for a byte of a file name that is no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\\udc", "\\x").translate(CONTROLS)
