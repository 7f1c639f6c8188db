"""What a sweep varies, as people write it: `key=1,2` and `key=log(1e-5,1e-3)`."""

import re
from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

import optuna

from lfsc.config.words import split_values

FUNCTIONS = ("log", "uniform", "int")
RANGE = re.compile(r"(\w+)\(([^(),]+),([^(),]+)\)")


class Choice(NamedTuple):
    """One of some values, as text."""

    values: list[str]

    def suggest(self, trial: optuna.Trial, key: str) -> str:
        return trial.suggest_categorical(key, self.values)

    @property
    def examples(self) -> list[str]:
        return self.values


class Range(NamedTuple):
    """A number between two others, whole or not, even on a logarithmic scale or on a plain one."""

    low: float
    high: float
    function: str

    def suggest(self, trial: optuna.Trial, key: str) -> float | int:
        if self.function == "int":
            return trial.suggest_int(key, int(self.low), int(self.high))
        return trial.suggest_float(key, self.low, self.high, log=self.function == "log")

    @property
    def examples(self) -> list[str]:
        return [str(int(bound) if self.function == "int" else bound) for bound in (self.low, self.high)]


class Space(NamedTuple):
    varied: dict[str, Choice | Range]
    fixed: list[str]  # key=value, for all trials

    @property
    def grid(self) -> list[dict[str, str]] | None:
        """Every combination, where there are only choices."""
        choices = [domain.values for domain in self.varied.values() if isinstance(domain, Choice)]
        if len(choices) < len(self.varied):
            return None
        rows = product(*choices)
        return [dict(zip(self.varied, row, strict=True)) for row in rows]

    @property
    def examples(self) -> list[list[str]]:
        """The overrides of trials in which every value and every bound occurs, to see that they compose."""
        tried = {key: domain.examples for key, domain in self.varied.items()}
        count = max(map(len, tried.values()), default=0)
        rows = [[f"{key}={values[i % len(values)]}" for key, values in tried.items()] for i in range(count)]
        return [[*self.fixed, *row] for row in rows]

    def suggest(self, trial: optuna.Trial) -> list[str]:
        """The overrides of a trial."""
        return [*self.fixed, *(f"{key}={domain.suggest(trial, key)}" for key, domain in self.varied.items())]


def parse(items: Iterable[str]) -> Space:
    """The space of `key=value`s; ValueError for a range that is none."""
    varied: dict[str, Choice | Range] = {}
    fixed = []
    for item in items:
        key, _, text = item.partition("=")
        values = split_values(text)
        if match := RANGE.fullmatch(text.replace(" ", "")):
            varied[key] = parse_range(item, *match.groups())
        elif len(values) > 1:
            varied[key] = Choice(values)
        else:
            fixed.append(item)
    return Space(varied, fixed)


def parse_range(item: str, function: str, low: str, high: str) -> Range:
    if function not in FUNCTIONS:
        raise ValueError(f"{item}: expected log(low,high), uniform(low,high), int(low,high), or values with commas")
    try:
        bounds = float(low), float(high)
    except ValueError as error:
        raise ValueError(f"{item}: expected numbers as its bounds") from error
    if function == "int" and not all(bound.is_integer() for bound in bounds):
        raise ValueError(f"{item}: expected whole numbers as the bounds of int")
    if not bounds[0] < bounds[1] or (function == "log" and bounds[0] <= 0):
        raise ValueError(f"{item}: expected the lower bound first, and above 0 for log")
    return Range(*bounds, function)
