"""Checks of constructors' arguments: the ValueError begins with the argument's name."""

from collections.abc import Collection
from typing import Any


def require_whole(*, least: int = 1, odd: bool = False, **arguments: Any) -> None:
    """Each argument is a whole number of `least` or more."""
    for name, value in arguments.items():
        if not is_whole_number(value, least, odd):
            raise ValueError(f"{name} is {brief(value)}: expected {describe_whole_number(least, odd)}")


def require_whole_lists(*, least: int = 1, odd: bool = False, **arguments: Any) -> None:
    """Each argument is a list of one or more whole numbers of `least` or more."""
    for name, values in arguments.items():
        if (
            not isinstance(values, list | tuple)
            or not values
            or not all(is_whole_number(v, least, odd) for v in values)
        ):
            raise ValueError(
                f"{name} is {brief(values)}: expected a list, each entry {describe_whole_number(least, odd)}"
            )


def require_resolutions(**arguments: Any) -> None:
    """Each argument is a list of one or more [n_fft, hop, window] with window ≤ n_fft."""
    for name, values in arguments.items():
        rows = values if isinstance(values, list | tuple) else []
        if not rows or not all(is_resolution(row) for row in rows):
            raise ValueError(f"{name} is {brief(values)}: expected a list of [n_fft, hop, window], window up to n_fft")


def require_flags(**arguments: Any) -> None:
    for name, value in arguments.items():
        if type(value) is not bool:
            raise ValueError(f"{name} is {brief(value)}: expected true or false")


def require_one_of(allowed: Collection[str], **arguments: Any) -> None:
    for name, value in arguments.items():
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"{name} is {brief(value)}: expected {' or '.join(allowed)}")


def is_whole_number(value: Any, least: int, odd: bool) -> bool:
    return type(value) is int and value >= least and (value % 2 == 1 or not odd)


def is_resolution(row: Any) -> bool:
    return (
        isinstance(row, list | tuple)
        and len(row) == 3
        and all(is_whole_number(v, 1, False) for v in row)
        and row[2] <= row[0]
    )


def describe_whole_number(least: int, odd: bool) -> str:
    return f"{'an odd' if odd else 'a whole'} number of {least} or more"


def brief(value: Any) -> str:
    """A value as a message shows it."""
    return repr(list(value) if isinstance(value, tuple) else value)[:100]
