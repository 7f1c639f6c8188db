"""What a metric is: a number for a pair of clips, and what one must know to compare it with published numbers."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from lfsc.audio.resampling import resample


class Unmeasurable(ValueError):
    """This pair has no such number; the message gives the reason."""


class Measurement(NamedTuple):
    value: float
    weight: float = 1.0  # in means over clips


class Measurements(NamedTuple):
    """The measurements of a pair by the names of metrics, and the reasons where there is none."""

    metrics: dict[str, Measurement]
    unmeasured: dict[str, str]


class Audio(NamedTuple):
    fake: Tensor  # [T]
    real: Tensor  # [T]


class Pair:
    """A reconstruction and its original, [T] each at `sample_rate`, resampled once to every rate that is asked for."""

    def __init__(
        self, *, fake: Tensor, real: Tensor, sample_rate: int, key: str = "", language: str = "", text: str = ""
    ):
        if fake.shape != real.shape:
            raise ValueError(f"{key}: fake has {len(fake)} samples, real {len(real)}: a pair must be aligned")
        self.key, self.language, self.text = key, language, text
        self.sample_rate = sample_rate
        self.rates = {sample_rate: Audio(fake, real)}

    def at(self, sample_rate: int) -> Audio:
        if sample_rate not in self.rates:
            self.rates[sample_rate] = Audio(
                *(resample(a, from_rate=self.sample_rate, to_rate=sample_rate) for a in self.rates[self.sample_rate])
            )
        return self.rates[sample_rate]


class Metric(NamedTuple):
    name: str
    unit: str
    better: str  # "higher", "lower" or "zero"
    sample_rate: int  # at which it is measured
    source: str  # who defined it and whose code computes it
    version: str  # of that code
    measure: Callable[[Pair], Measurement]
