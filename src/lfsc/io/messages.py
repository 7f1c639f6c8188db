"""Errors and names in one printable line."""

import shlex
from pathlib import Path


def one_line(error: BaseException) -> str:
    """What an error says; of a file's, without the number that the system has for it."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return " ".join(f"{error.filename}: {error.strerror}".split())
    return " ".join(str(error).split())


def first_line(error: BaseException) -> str:
    """Of an error's message, or the error's name where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def describe(error: BaseException) -> str:
    """What an error says; with its kind in front where it was not made for people."""
    if isinstance(error, OSError) and error.strerror:
        return printable(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
    text = printable(one_line(error))
    made_for_people = type(error) in (ValueError, OSError) or type(error).__module__.startswith(("lfsc", "data_prep"))
    return text if made_for_people and text else f"{type(error).__name__}: {text}".removesuffix(": ")


def say_count(number: int, noun: str) -> str:
    """1 file, 2 files; for nouns whose plural is made by an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def as_word(text: str | Path) -> str:
    """As one word of a command that is advised: in quotes where a shell would take it for several, or for more."""
    return shlex.quote(str(text))


def printable(text: str) -> str:
    r"""The text with \xfc for each byte of a file name that is no UTF-8, so that it can be written anywhere."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\\udc", "\\x")
