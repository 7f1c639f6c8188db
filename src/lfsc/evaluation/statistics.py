"""Means over clips with their intervals, and who is best."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy

from lfsc.metrics.metric import Measured

# Percentile bootstrap over clips (Efron 1979).
RESAMPLES, CONFIDENCE, SEED = 1000, 0.95, 0
BLOCK = 2**24  # counts held at once


class Estimate(NamedTuple):
    mean: float
    low: float
    high: float
    count: int


class Rank(NamedTuple):
    rank: int
    ties_with_best: bool  # the interval of the difference to the best holds 0
    count: int  # clips that all codecs have


def estimates(rows: list[dict[str, Measured]], names: Iterable[str]) -> dict[str, Estimate]:
    """Weighted means of the measured, with their 95 % intervals; a name that no row has is left out."""
    found = {}
    for name in names:
        measured = [row[name] for row in rows if name in row]
        if measured:
            values = numpy.array([number.value for number in measured])
            weights = numpy.array([number.weight for number in measured])
            found[name] = Estimate(*mean_and_interval(values, weights), len(measured))
    return found


def mean_and_interval(values: numpy.ndarray, weights: numpy.ndarray) -> tuple[float, float, float]:
    means = resampled_means(values, weights)
    low, high = numpy.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float((values * weights).sum() / weights.sum()), float(low), float(high)


def resampled_means(values: numpy.ndarray, weights: numpy.ndarray) -> numpy.ndarray:
    """Means [RESAMPLES] of so many clips drawn with replacement, the same draws for the same number of clips."""
    generator = numpy.random.default_rng(SEED)
    size = len(values)
    means, block = [], max(1, BLOCK // size)
    for start in range(0, RESAMPLES, block):
        draws = generator.multinomial(size, numpy.full(size, 1 / size), size=min(block, RESAMPLES - start))
        means.append((draws * weights) @ values / (draws @ weights))
    return numpy.concatenate(means)


def ranks(of_codecs: dict[str, dict[str, Measured]], better: str) -> dict[str, Rank]:
    """The place of each codec in one metric, over the clips that all have; `of_codecs` holds a number a key."""
    keys = sorted(set.intersection(*(set(numbers) for numbers in of_codecs.values())))
    if not keys:
        return {}
    values = {label: numpy.array([numbers[key].value for key in keys]) for label, numbers in of_codecs.items()}
    weights = {label: numpy.array([numbers[key].weight for key in keys]) for label, numbers in of_codecs.items()}
    means = {label: resampled_means(values[label], weights[label]) for label in values}
    exact = {label: float((values[label] * weights[label]).sum() / weights[label].sum()) for label in values}
    cost = {"higher": numpy.negative, "lower": numpy.positive, "zero": numpy.abs}[better]
    order = sorted(exact, key=lambda label: (cost(exact[label]), label))
    best = order[0]
    return {
        label: Rank(
            1 + sum(bool(cost(exact[other]) < cost(exact[label])) for other in order),
            bool(numpy.quantile(cost(means[label]) - cost(means[best]), (1 - CONFIDENCE) / 2) <= 0),
            len(keys),
        )
        for label in order
    }
