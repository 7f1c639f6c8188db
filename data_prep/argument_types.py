"""Values on the command line that must lie in some range."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path


def path(text: str) -> Path:
    """A path as it is wherever a worker runs."""
    return Path(text).absolute()


def positive(kind: type) -> Callable[[str], float]:
    """A reader of numbers of this kind above 0."""

    def number(text: str) -> float:
        if not kind(text) > 0:
            raise ArgumentTypeError(f"{text} is not above 0")
        return kind(text)

    # What argparse calls the value in its own messages.
    number.__name__ = kind.__name__
    return number


def duration(text: str) -> float:
    """Seconds from 0 on."""
    if not float(text) >= 0:
        raise ArgumentTypeError(f"{text} is not a number of seconds")
    return float(text)


def rate(text: str) -> int:
    """A rate in Hz that recordings may have, and FLAC as well."""
    from lfsc.audio.files import require_rate
    from lfsc.audio.recording import HIGHEST_RATE, LOWEST_RATE

    number = int(text)
    if not LOWEST_RATE <= number <= HIGHEST_RATE:
        raise ArgumentTypeError(f"{text} is not a rate from {LOWEST_RATE} to {HIGHEST_RATE} Hz")
    try:
        require_rate(number, "FLAC")
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
    return number


def count(text: str) -> int:
    if int(text) < 0:
        raise ArgumentTypeError(f"{text} is less than none")
    return int(text)


def share(text: str) -> float:
    if not 0 <= float(text) < 1:
        raise ArgumentTypeError(f"{text} is not a fraction from 0 to 1, without 1")
    return float(text)
