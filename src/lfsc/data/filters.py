"""Which clips are used at all."""

from collections.abc import Mapping, Sequence
from typing import Any

from lfsc.data.corpus import Dataset
from lfsc.nn.arguments import brief

Range = Sequence[float | None]


class Filter:
    """Clips of `languages` whose json has `seconds` and `bandwidth` (Hz) in a range [from, to]; None is no limit."""

    def __init__(self, *, languages: Sequence[str] | None, seconds: Range | None, bandwidth: Range | None):
        if not isinstance(languages, list | tuple | None):
            raise ValueError(f"languages is {languages!r}: expected a list, such as [{languages}]")
        self.languages = None if languages is None else list(languages)
        ranges = {"seconds": seconds, "bandwidth": bandwidth}
        self.ranges = {field: check_range(field, limits) for field, limits in ranges.items() if limits is not None}

    @property
    def needs_json(self) -> bool:
        return bool(self.ranges)

    def datasets(self, datasets: Sequence[Dataset]) -> list[Dataset]:
        """Those of the wanted languages."""
        return [dataset for dataset in datasets if self.languages is None or dataset.language in self.languages]

    def check_languages(self, datasets: Sequence[Dataset]) -> None:
        """ValueError for a language that none has, or for none at all."""
        if self.languages == []:
            raise ValueError("data.filter.languages is empty, so there would be no data: name some, or null for all")
        known = sorted({dataset.language for dataset in datasets})
        absent = [language for language in self.languages or [] if language not in known]
        if absent:
            raise ValueError(f"no data in {', '.join(absent)}: there are {', '.join(known)}")

    def accepts(self, fields: Mapping) -> bool:
        return all(within(fields.get(field), limits) for field, limits in self.ranges.items())

    def __str__(self) -> str:
        return ", ".join(f"{field} in {list(limits)}" for field, limits in self.ranges.items())


def check_range(field: str, limits: Range) -> tuple[float | None, float | None]:
    if isinstance(limits, list | tuple) and len(limits) == 2 and all(map(is_limit, limits)):
        low, high = limits
        if low is None or high is None or low <= high:
            return low, high
    raise ValueError(f"{field} is {brief(limits)}: expected [from, to], with null where there is no limit")


def is_limit(value: Any) -> bool:
    return value is None or type(value) in (int, float)


def within(value: Any, limits: Range) -> bool:
    """Whether it is a number within the limits; a clip's json may have anything in its place."""
    low, high = limits
    return type(value) in (int, float) and (low is None or value >= low) and (high is None or value <= high)
