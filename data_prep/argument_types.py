"""Values on the command line that must lie in some range."""

from argparse import ArgumentTypeError
from collections.abc import Callable


def positive(kind: type) -> Callable[[str], float]:
    """A reader of numbers of this kind above 0."""

    def number(text: str) -> float:
        if not kind(text) > 0:
            raise ArgumentTypeError(f"{text} is not above 0")
        return kind(text)

    # What argparse calls the value in its own messages.
    number.__name__ = kind.__name__
    return number


def count(text: str) -> int:
    if int(text) < 0:
        raise ArgumentTypeError(f"{text} is less than none")
    return int(text)


def share(text: str) -> float:
    if not 0 <= float(text) < 1:
        raise ArgumentTypeError(f"{text} is not a fraction from 0 to 1, without 1")
    return float(text)
