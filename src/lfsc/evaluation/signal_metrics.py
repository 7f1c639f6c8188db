"""The metrics that need no weights, each with what one must know to compare it with published numbers."""

from collections.abc import Callable
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import lfsc
from lfsc.metrics.fidelity import (
    SISDR,
    AudioMetric,
    LogSpectralDistance,
    MelDistance,
    SpectralConvergence,
    STFTDistance,
)
from lfsc.metrics.intelligibility import INTELLIGIBILITY_RATE, stoi
from lfsc.metrics.loudness import loudness_difference, pause_level_difference
from lfsc.metrics.metric import Audio, Measurement, Metric, Pair
from lfsc.metrics.perceptual import PERCEPTUAL_RATE, pesq

RESOLUTION = "n_fft = window = 2048, hop 512, symmetric Hann"


@cache
def signal_metrics(rate: int) -> tuple[Metric, ...]:
    """All of them for clips at `rate`; PESQ only where its package is installed."""
    return (*spectral_metrics(rate), *pesq_metrics(), *stoi_metrics(), *loudness_metrics(rate))


def spectral_metrics(rate: int) -> list[Metric]:
    def metric(name: str, unit: str, better: str, source: str, module: AudioMetric, package: str = "lfsc") -> Metric:
        return Metric(name, unit, better, rate, source, package_version(package), at_rate(rate, unbatch(module)))

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
    measure, source = at_rate(PERCEPTUAL_RATE, pesq), "ITU-T P.862.2, wide band"
    return [Metric("pesq", "MOS-LQO", "higher", PERCEPTUAL_RATE, source, package_version("pesq"), measure)]


def stoi_metrics() -> list[Metric]:
    def metric(name: str, source: str, extended: bool) -> Metric:
        measure = at_rate(INTELLIGIBILITY_RATE, partial(stoi, extended=extended))
        return Metric(name, "", "higher", INTELLIGIBILITY_RATE, source, package_version("pystoi"), measure)

    return [metric("stoi", "Taal et al. 2011", False), metric("estoi", "Jensen and Taal 2016", True)]


def loudness_metrics(rate: int) -> list[Metric]:
    def metric(name: str, unit: str, source: str, function: Callable[..., float], package: str = "lfsc") -> Metric:
        measure = at_rate(rate, partial(function, sample_rate=rate))
        return Metric(name, unit, "zero", rate, source, package_version(package), measure)

    quietest = "level in the original's quietest tenth, blocks of 50 ms"
    return [
        metric("loudness_difference", "LU", "ITU-R BS.1770-4", loudness_difference, "torchaudio"),
        metric("pause_level_difference", "dB", quietest, pause_level_difference),
    ]


def missing_signal_metrics() -> dict[str, str]:
    """Why a signal metric is not among them."""
    if find_spec("pesq"):
        return {}
    return {"pesq": "the package pesq is not installed (it needs a C compiler): pip install 'lfsc[pesq]'"}


def at_rate(sample_rate: int, function: Callable[[Audio], float]) -> Callable[[Pair], Measurement]:
    """A metric's `measure`, from a function of clips [T] at one rate."""
    return lambda pair: Measurement(float(function(pair.at(sample_rate))))


def unbatch(module: AudioMetric) -> Callable[[Audio], float]:
    """A function of clips [T], from a module that takes batches."""
    return lambda audio: float(module(audio.fake[None], audio.real[None]))


def package_version(package: str) -> str:
    """The package with its version, for the report."""
    if package == "lfsc":
        return f"lfsc {lfsc.__version__}"
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package
