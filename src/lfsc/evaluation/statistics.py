"""Means over clips with their intervals, and which codec is best."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy

from lfsc.metrics.metric import Measurement

# Percentile bootstrap over clips (Efron 1979).
RESAMPLES, CONFIDENCE, SEED = 1000, 0.95, 0
BLOCK = 2**24  # counts held at once
# What is least for the best, by the direction in which a metric is better.
COSTS: dict[str, Callable] = {"higher": numpy.negative, "lower": numpy.positive, "zero": numpy.abs}


@dataclass(frozen=True)
class Estimate:
    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Rank:
    rank: int
    ties_with_best: bool  # the interval of the difference to the best holds 0
    count: int  # clips that all codecs have


def estimate_means(rows: list[dict[str, Measurement]], names: Iterable[str]) -> dict[str, Estimate]:
    """Weighted means with their 95 % intervals; a name that no row has is skipped."""
    found = {}
    for name in names:
        if measurements := [row[name] for row in rows if name in row]:
            values, weights = as_arrays(measurements)
            low, high = numpy.quantile(resample_means(values, weights), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
            found[name] = Estimate(
                float(numpy.average(values, weights=weights)), float(low), float(high), len(measurements)
            )
    return found


def as_arrays(measurements: list[Measurement]) -> tuple[numpy.ndarray, numpy.ndarray]:
    values, weights = zip(*measurements, strict=True)
    return numpy.array(values), numpy.array(weights)


def resample_means(values: numpy.ndarray, weights: numpy.ndarray) -> numpy.ndarray:
    """Means [RESAMPLES] of so many clips drawn with replacement, the same draws for the same number of clips."""
    generator = numpy.random.default_rng(SEED)
    size = len(values)
    means, block = [], max(1, BLOCK // size)
    for start in range(0, RESAMPLES, block):
        draws = generator.multinomial(size, numpy.full(size, 1 / size), size=min(block, RESAMPLES - start))
        means.append((draws * weights) @ values / (draws @ weights))
    return numpy.concatenate(means)


def rank_codecs(codecs: dict[str, dict[str, Measurement]], better: str) -> dict[str, Rank]:
    """The rank of each codec in one metric, from its measurements by clip, over the clips that all codecs have."""
    keys = sorted(set.intersection(*(set(by_key) for by_key in codecs.values())))
    if not keys:
        return {}
    cost = COSTS[better]
    arrays = {label: as_arrays([by_key[key] for key in keys]) for label, by_key in codecs.items()}
    costs = {label: cost(numpy.average(values, weights=weights)) for label, (values, weights) in arrays.items()}
    resampled = {label: cost(resample_means(*both)) for label, both in arrays.items()}
    order = sorted(costs, key=lambda label: (costs[label], label))
    best = order[0]
    return {
        label: Rank(
            1 + sum(bool(costs[other] < costs[label]) for other in order),
            bool(numpy.quantile(resampled[label] - resampled[best], (1 - CONFIDENCE) / 2) <= 0),
            len(keys),
        )
        for label in order
    }
