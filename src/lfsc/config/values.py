"""Values of configurations that anybody may have written, checked one by one; ValueError says where and what."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lfsc.nn.arguments import brief, require_flags, require_one_of, require_whole

# No codec comes near these; without them a file of a few bytes could ask for hours and gigabytes.
LARGEST = 1 << 20
LONGEST = 10


def require_number(value: Any, name: str) -> int:
    require_whole(most=LARGEST, **{name: value})
    return value


def require_numbers(value: Any, name: str) -> list[int]:
    return [require_number(item, name) for item in require_items(value, name)]


def require_rows(value: Any, name: str) -> list[list[int]]:
    return [require_numbers(item, name) for item in require_items(value, name)]


def require_real_rows(value: Any, name: str) -> list[list[float]]:
    return [[require_real(item, name) for item in require_items(row, name)] for row in require_items(value, name)]


def require_items(value: Any, name: str) -> Iterable[Any]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= LONGEST:
        raise ValueError(f"{name} is {brief(value)}: expected a list of 1 to {LONGEST}")
    return value


def require_text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is {brief(value)}: expected a text")
    return value


def require_seed(value: Any, name: str) -> int:
    if type(value) is not int:
        raise ValueError(f"{name} is {brief(value)}: expected a whole number")
    return value


def require_flag(value: Any, name: str) -> bool:
    require_flags(**{name: value})
    return value


def require_real(value: Any, name: str) -> float:
    if type(value) not in (int, float) or not abs(value) <= LARGEST:
        raise ValueError(f"{name} is {brief(value)}: expected a number from -{LARGEST} to {LARGEST}")
    return value


def require_section(value: Any, name: str) -> Mapping:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is {brief(value)}: expected a section of keys")
    return value


def require_choice(value: Any, allowed: Collection[str], name: str) -> str:
    require_one_of(allowed, **{name: value})
    return value
