"""Whether the melody of speech is kept: the fundamental frequency of the reconstruction beside the original's."""

import warnings
from functools import lru_cache

import numpy
from torch import Tensor

from lfsc.metrics.metric import Audio, Unmeasurable

# By WORLD's Harvest: it decides what is voiced, is kept up, and needs nothing but numpy. torchaudio's pitch has no such
# decision, Praat's binding is under the GPL, librosa's pYIN brings numba, and CREPE a network.
PITCH_RATE = 16000
FLOOR, CEILING = 71.0, 800.0  # Hz
FRAME_MS = 5.0
# Of frames that are voiced in both, for a correlation.
MIN_FRAMES = 20


def f0_correlation(audio: Audio) -> float:
    """Pearson's correlation of the frequencies (Hz) in the frames that are voiced in both, -1 to 1."""
    fake, real = (measure_pitch(signal) for signal in audio)
    both = (fake > 0) & (real > 0)
    if both.sum() < MIN_FRAMES:
        raise Unmeasurable(f"only {both.sum()} frames are voiced in both, expected {MIN_FRAMES}")
    if min(fake[both].std(), real[both].std()) == 0:
        raise Unmeasurable("the pitch is constant")
    return float(numpy.corrcoef(fake[both], real[both])[0, 1])


def voicing_error(audio: Audio) -> float:
    """The share of frames, in percent, of which one is voiced and the other is not."""
    fake, real = (measure_pitch(signal) for signal in audio)
    return float(100 * ((fake > 0) != (real > 0)).mean())


# Both metrics ask for that of the same two signals.
@lru_cache(maxsize=2)
def measure_pitch(audio: Tensor) -> numpy.ndarray:
    """Fundamental frequency in Hz of audio [T] at 16 kHz, every 5 ms, 0 where it is unvoiced."""
    with warnings.catch_warnings():
        # It imports pkg_resources, which calls itself deprecated.
        warnings.simplefilter("ignore", UserWarning)
        import pyworld

    signal = audio.cpu().double().numpy()
    return pyworld.harvest(signal, PITCH_RATE, f0_floor=FLOOR, f0_ceil=CEILING, frame_period=FRAME_MS)[0]
