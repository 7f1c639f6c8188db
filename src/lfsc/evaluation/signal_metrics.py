"""The numbers that need no weights, each with what one must know to compare it with other people's."""

from collections.abc import Callable
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import lfsc
from lfsc.metrics.fidelity import SISDR, LogSpectralDistance, MelDistance, PerClip, SpectralConvergence, STFTDistance
from lfsc.metrics.intelligibility import INTELLIGIBILITY_RATE, stoi
from lfsc.metrics.loudness import loudness_difference, pause_level_difference
from lfsc.metrics.metric import Audio, Measured, Metric, Pair
from lfsc.metrics.perceptual import PERCEPTUAL_RATE, pesq

RESOLUTION = "n_fft = window = 2048, hop 512, symmetric Hann"


@cache
def light_metrics(rate: int) -> tuple[Metric, ...]:
    """All of them for clips at `rate`; PESQ only where its package is installed."""
    return (*spectral_metrics(rate), *pesq_metrics(), *stoi_metrics(), *level_metrics(rate))


def spectral_metrics(rate: int) -> list[Metric]:
    def metric(name: str, unit: str, better: str, source: str, module: PerClip, package: str = "lfsc") -> Metric:
        return Metric(name, unit, better, rate, source, versioned(package), Taken(rate, OfBatch(module)))

    mel, stft = f"L1 of log(1 + mel), 80 bands, {RESOLUTION}", f"L1 of log(1 + |STFT|), {RESOLUTION}"
    return [
        metric("si_sdr", "dB", "higher", "arXiv 1811.02508, means removed", SISDR(), "torchmetrics"),
        metric("mel_distance", "", "lower", mel, MelDistance(sample_rate=rate)),
        metric("stft_distance", "", "lower", stft, STFTDistance()),
        metric("log_spectral_distance", "dB", "lower", f"Gray and Markel 1976, {RESOLUTION}", LogSpectralDistance()),
        metric("spectral_convergence", "", "lower", f"Arik et al. 2018, {RESOLUTION}", SpectralConvergence()),
    ]


def pesq_metrics() -> list[Metric]:
    if not find_spec("pesq"):
        return []
    taken = Taken(PERCEPTUAL_RATE, pesq)
    return [
        Metric("pesq", "MOS-LQO", "higher", taken.sample_rate, "ITU-T P.862.2, wide band", versioned("pesq"), taken)
    ]


def stoi_metrics() -> list[Metric]:
    def metric(name: str, source: str, extended: bool) -> Metric:
        taken = Taken(INTELLIGIBILITY_RATE, partial(stoi, extended=extended))
        return Metric(name, "", "higher", taken.sample_rate, source, versioned("pystoi"), taken)

    return [metric("stoi", "Taal et al. 2011", False), metric("estoi", "Jensen and Taal 2016", True)]


def level_metrics(rate: int) -> list[Metric]:
    def metric(name: str, unit: str, source: str, function: Callable, package: str = "lfsc") -> Metric:
        return Metric(
            name, unit, "zero", rate, source, versioned(package), Taken(rate, partial(function, sample_rate=rate))
        )

    quietest = "level in the original's quietest tenth, blocks of 50 ms"
    return [
        metric("loudness_difference", "LU", "ITU-R BS.1770-4", loudness_difference, "torchaudio"),
        metric("pause_level_difference", "dB", quietest, pause_level_difference),
    ]


def missing_packages() -> dict[str, str]:
    """Why a light metric is not among them."""
    if find_spec("pesq"):
        return {}
    return {"pesq": "the package pesq is not installed (it needs a C compiler): pip install 'lfsc[pesq]'"}


class Taken:
    """Makes a function of clips [T] at one rate a measure of pairs."""

    def __init__(self, sample_rate: int, function: Callable[[Audio], float]):
        self.sample_rate, self.function = sample_rate, function

    def __call__(self, pair: Pair) -> Measured:
        return Measured(float(self.function(pair.at(self.sample_rate))))


class OfBatch:
    """Sends one clip through a module that takes batches."""

    def __init__(self, module: PerClip):
        self.module = module

    def __call__(self, audio: Audio) -> float:
        return float(self.module(audio.fake[None], audio.real[None]))


def versioned(package: str) -> str:
    """The package with its version, for the report."""
    if package == "lfsc":
        return f"lfsc {lfsc.__version__}"
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package
