"""Which numbers are taken, of what, and by whose code."""

from collections.abc import Callable
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from torch import Tensor

import lfsc
from lfsc.evaluation.clips import Clip
from lfsc.evaluation.weights import Located
from lfsc.metrics.fidelity import SISDR, LogSpectralDistance, MelDistance, PerClip, SpectralConvergence, STFTDistance
from lfsc.metrics.intelligibility import INTELLIGIBILITY_RATE, ErrorRate, load_transcriber, stoi
from lfsc.metrics.level import loudness_difference, pause_level_difference
from lfsc.metrics.metric import Audio, Measured, Metric, Pair, Unmeasurable
from lfsc.metrics.perceptual import PERCEPTUAL_RATE, SquimMOS, load_squim, pesq
from lfsc.metrics.speaker import load_speaker_similarity

SAMPLE_RATE = 22050
VERSION = 1


class Taken:
    """Turns a function of clips [T] at one rate into a measure of pairs; it can travel to another process."""

    def __init__(self, sample_rate: int, function: Callable[[Audio], float]):
        self.sample_rate, self.function = sample_rate, function

    def __call__(self, pair: Pair) -> Measured:
        return Measured(float(self.function(pair.at(self.sample_rate))))


class OfBatch:
    """One clip through a module that takes batches."""

    def __init__(self, module: PerClip):
        self.module = module

    def __call__(self, audio: Audio) -> float:
        return float(self.module(audio.fake[None], audio.real[None]))


@cache
def light_metrics(rate: int) -> tuple[Metric, ...]:
    """Those that need no weights, of clips at `rate`; PESQ only where its package is installed."""
    ours = f"lfsc {lfsc.__version__}"
    spectral = "80 bands, n_fft = window = 2048, hop 512, symmetric Hann"

    def spectral_metric(name: str, unit: str, better: str, source: str, version: str, module: PerClip) -> Metric:
        return Metric(name, unit, better, rate, source, version, Taken(rate, OfBatch(module)))

    metrics = [
        spectral_metric("si_sdr", "dB", "higher", "arXiv 1811.02508, means removed", package("torchmetrics"), SISDR()),
        spectral_metric(
            "mel_distance", "", "lower", f"L1 of log(1 + mel), {spectral}", ours, MelDistance(sample_rate=rate)
        ),
        spectral_metric("stft_distance", "", "lower", f"L1 of log(1 + |STFT|), {spectral[10:]}", ours, STFTDistance()),
        spectral_metric("log_spectral_distance", "dB", "lower", "Gray and Markel 1976", ours, LogSpectralDistance()),
        spectral_metric("spectral_convergence", "", "lower", "Arik et al. 2018", ours, SpectralConvergence()),
    ]
    if find_spec("pesq"):
        taken = Taken(PERCEPTUAL_RATE, pesq)
        metrics.append(
            Metric("pesq", "MOS-LQO", "higher", PERCEPTUAL_RATE, "ITU-T P.862.2, wide band", package("pesq"), taken)
        )
    for name, source, extended in (("stoi", "Taal et al. 2011", False), ("estoi", "Jensen and Taal 2016", True)):
        taken = Taken(INTELLIGIBILITY_RATE, partial(stoi, extended=extended))
        metrics.append(Metric(name, "", "higher", INTELLIGIBILITY_RATE, source, package("pystoi"), taken))
    for name, unit, source, code, function in (
        ("loudness_difference", "LU", "ITU-R BS.1770-4", package("torchaudio"), loudness_difference),
        ("pause_level_difference", "dB", "level in the original's quietest tenth", ours, pause_level_difference),
    ):
        metrics.append(Metric(name, unit, "zero", rate, source, code, Taken(rate, partial(function, sample_rate=rate))))
    return tuple(metrics)


def missing_packages() -> dict[str, str]:
    """Why a light metric is not among them."""
    if find_spec("pesq"):
        return {}
    return {"pesq": "the package pesq is not installed (it needs a C compiler): pip install 'lfsc[pesq]'"}


def squim_metrics(weights: Located, clips: list[Clip], device: str) -> list[Metric]:
    measure = SquimMOS(model=load_squim(weights.path), non_matching=NonMatching(clips), device=device)
    code = f"{package('torchaudio')}, {weights.label}"
    source = "SQUIM_SUBJECTIVE (arXiv 2304.01448), beside the next speaker's original"
    return [Metric("squim_mos", "MOS", "higher", PERCEPTUAL_RATE, source, code, measure)]


def asr_metrics(weights: Located, against: str, device: str) -> list[Metric]:
    transcriber = load_transcriber(weights.path, device=device)
    code = f"{package('transformers')}, {package('jiwer')}, {weights.label}"
    source = (
        f"errors per hundred, against the {'transcript of the original' if against == 'original' else 'corpus text'}"
    )
    return [
        Metric(name, "%", "lower", transcriber.rate, f"{unit}: {source}", code,
               ErrorRate(transcriber=transcriber, unit=unit, against=against))
        for name, unit in (("cer", "characters"), ("wer", "words"))
    ]  # fmt: skip


def speaker_metrics(weights: Located, device: str) -> list[Metric]:
    measure = load_speaker_similarity(weights.path, device=device)
    rate = measure.feature_extractor.sampling_rate
    code = f"{package('transformers')}, {weights.label}"
    return [Metric("speaker_similarity", "cosine", "higher", rate, "WavLM x-vectors (arXiv 2110.13900)", code, measure)]


class NonMatching:
    """Clean speech of other content for a clip's key: the next clip's, of another speaker where there is one."""

    def __init__(self, clips: list[Clip]):
        self.clips = clips
        self.places = {clip.key: place for place, clip in enumerate(clips)}

    def __call__(self, key: str) -> Tensor:
        place = self.places[key]
        others = [self.clips[(place + step) % len(self.clips)] for step in range(1, len(self.clips))]
        speaker = self.clips[place].speaker
        chosen = next((clip for clip in others if clip.speaker != speaker), (others or self.clips)[0])
        try:
            return chosen.load(PERCEPTUAL_RATE).audio
        except (ValueError, OSError) as error:
            raise Unmeasurable(f"the non-matching reference {chosen.key} cannot be used: {error}") from error


def package(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return name
