"""How much of a recording was cut off at its peak."""

from typing import NamedTuple

from torch import Tensor

# The fraction of the peak above which samples that are equal lie on a flat top.
TOP = 0.98


class Clipping(NamedTuple):
    share: float  # of the samples, that lie on flat tops; speech that was not clipped has hardly any
    peak: float


def measure_clipping(audio: Tensor) -> Clipping:
    """The share of samples of audio [T] that equal the one before them at the peak, and that peak; 0 in silence."""
    if len(audio) < 2:
        return Clipping(0.0, float(audio.abs().sum()))
    low, high = audio.aminmax()
    peak = max(abs(float(low)), abs(float(high)))
    if peak == 0:
        return Clipping(0.0, peak)
    # Clipping leaves flat tops, which stay flat when it is turned down afterwards.
    flat = (audio[1:] == audio[:-1]) & (audio[1:].abs() > TOP * peak)
    return Clipping(int(flat.sum()) / len(flat), peak)
