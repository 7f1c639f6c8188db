"""Checks of constructors' arguments: the ValueError begins with the argument's name."""

import math
from collections.abc import Collection
from typing import Any

# The entries of a list that a message shows.
MOST_SHOWN = 20


def require_whole(*, least: int = 1, most: int | None = None, odd: bool = False, **arguments: Any) -> None:
    """Each argument is a whole number of `least` or more."""
    for name, value in arguments.items():
        if not is_whole_number(value, least, odd) or (most is not None and value > most):
            bounds = describe_whole_number(least, odd) if most is None else f"a whole number from {least} to {most}"
            raise ValueError(f"{name} is {brief(value)}: expected {bounds}")


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


def require_numbers(*, least: float, most: float = math.inf, **arguments: Any) -> None:
    """Each argument is a finite number from `least` to `most`."""
    for name, value in arguments.items():
        if type(value) not in (int, float) or not (math.isfinite(value) and least <= value <= most):
            span = f"of {least:g} or more" if most == math.inf else f"from {least:g} to {most:g}"
            raise ValueError(f"{name} is {brief(value)}: expected a number {span}")


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
    """A value as a message shows it; what comes from elsewhere may be of any length and depth."""
    value = list(value) if isinstance(value, tuple) else value
    return repr(value)[:100] if is_short(value) else f"a {type(value).__name__}"


def is_short(value: Any, depth: int = 2) -> bool:
    if isinstance(value, list | tuple):
        return depth > 0 and len(value) <= MOST_SHOWN and all(is_short(each, depth - 1) for each in value)
    return isinstance(value, str | int | float | bool | None)
