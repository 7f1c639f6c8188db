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
    MelCepstralDistortion,
    MelDistance,
    SpectralConvergence,
    STFTDistance,
)
from lfsc.metrics.intelligibility import INTELLIGIBILITY_RATE, stoi
from lfsc.metrics.loudness import loudness_difference, pause_level_difference
from lfsc.metrics.metric import Audio, Measurement, Metric, Pair, Unmeasurable
from lfsc.metrics.perceptual import PERCEPTUAL_RATE, pesq
from lfsc.metrics.pitch import PITCH_RATE, f0_correlation, voicing_error
from lfsc.metrics.visqol import VISQOL_RATE, has_lattice, visqol

COMPILER = " (it needs a C compiler)"
# By metrics: module, package, extra, and what else it needs.
OPTIONAL = {
    "pesq": ("pesq", "pesq", "pesq", COMPILER),
    "visqol": ("visqol", "visqol-python", "visqol", ""),
    "f0_correlation": ("pyworld", "pyworld", "world", COMPILER),
    "voicing_error": ("pyworld", "pyworld", "world", COMPILER),
}
RESOLUTION = "n_fft = window = 2048, hop 512, symmetric Hann"


@cache
def signal_metrics(rate: int) -> tuple[Metric, ...]:
    """All of them for clips at `rate`, without those whose packages are not installed."""
    return (
        *spectral_metrics(rate),
        *pesq_metrics(),
        *visqol_metrics(),
        *stoi_metrics(),
        *pitch_metrics(),
        *loudness_metrics(rate),
    )


def spectral_metrics(rate: int) -> list[Metric]:
    def metric(name: str, unit: str, better: str, source: str, module: AudioMetric) -> Metric:
        return Metric(name, unit, better, rate, source, package_version("lfsc"), at_rate(rate, unbatch(module)))

    cepstra = "Kubichek 1993, 24 DCT coefficients of 80 log mel bands, n_fft = window = 1024, hop 256, not warped"
    mel, stft = f"L1 of log(1 + mel), 80 bands, {RESOLUTION}", f"L1 of log(1 + |STFT|), {RESOLUTION}"
    paper, library = "arXiv 1811.02508, means removed", package_version("torchmetrics")
    return [
        Metric("si_sdr", "dB", "higher", rate, paper, library, at_rate(rate, si_sdr)),
        metric("mel_distance", "", "lower", mel, MelDistance(sample_rate=rate)),
        metric("stft_distance", "", "lower", stft, STFTDistance()),
        metric("log_spectral_distance", "dB", "lower", f"Gray and Markel 1976, {RESOLUTION}", LogSpectralDistance()),
        metric("mcd", "dB", "lower", cepstra, MelCepstralDistortion(sample_rate=rate)),
        metric("spectral_convergence", "", "lower", f"Arik et al. 2018, {RESOLUTION}", SpectralConvergence()),
    ]


def pesq_metrics() -> list[Metric]:
    if not find_spec("pesq"):
        return []
    measure, source = at_rate(PERCEPTUAL_RATE, pesq), "ITU-T P.862.2, wide band"
    return [Metric("pesq", "MOS-LQO", "higher", PERCEPTUAL_RATE, source, package_version("pesq"), measure)]


def visqol_metrics() -> list[Metric]:
    if not find_spec("visqol"):
        return []
    mapping = "lattice" if has_lattice() else "polynomial"
    source = f"ViSQOL v3 (arXiv 2004.09584), speech mode, {mapping} mapping"
    version = package_version("visqol-python")
    return [Metric("visqol", "MOS-LQO", "higher", VISQOL_RATE, source, version, at_rate(VISQOL_RATE, visqol))]


def pitch_metrics() -> list[Metric]:
    if not find_spec("pyworld"):
        return []

    def metric(name: str, unit: str, better: str, source: str, function: Callable[[Audio], float]) -> Metric:
        measure = at_rate(PITCH_RATE, function)
        return Metric(name, unit, better, PITCH_RATE, source, package_version("pyworld"), measure)

    frames = "Harvest of WORLD, 71 to 800 Hz, every 5 ms"
    return [
        metric("f0_correlation", "", "higher", f"Pearson's, of Hz in frames voiced in both; {frames}", f0_correlation),
        metric("voicing_error", "%", "lower", f"frames that only one of both has voiced; {frames}", voicing_error),
    ]


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
    return {
        name: f"the package {package} is not installed{hint}: pip install 'lfsc[{extra}]'"
        for name, (module, package, extra, hint) in OPTIONAL.items()
        if not find_spec(module)
    }


def si_sdr(audio: Audio) -> float:
    """SI-SDR in dB of clips [T]."""
    # torchmetrics gives 0 dB then, which is better than noise.
    if audio.fake.amin() == audio.fake.amax():
        raise Unmeasurable("the reconstruction is digital silence")
    return unbatch(SISDR())(audio)


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
