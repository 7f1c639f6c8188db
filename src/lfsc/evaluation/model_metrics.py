"""The metrics whose models need weights, each with what one must know to compare it with published numbers."""

from functools import partial

from torch import Tensor

from lfsc.evaluation.clips import Clip
from lfsc.evaluation.model_weights import Weights
from lfsc.evaluation.signal_metrics import package_version
from lfsc.metrics.dnsmos import DNSMOS, DNSMOS_RATE
from lfsc.metrics.intelligibility import ErrorRate, load_transcriber
from lfsc.metrics.metric import Metric, Unmeasurable
from lfsc.metrics.perceptual import PERCEPTUAL_RATE, SquimMOS, load_squim
from lfsc.metrics.speaker import load_speaker_similarity
from lfsc.metrics.utmos import UTMOS, UTMOS_RATE, load_utmos

# The metrics of each model, by the option that names its weights.
MODELS = {
    "squim": ("squim_mos",),
    "utmos": ("utmos",),
    "dnsmos": ("dnsmos", "dnsmos_sig", "dnsmos_bak", "dnsmos_p808"),
    "asr": ("cer", "wer"),
    "speaker": ("speaker_similarity",),
}
REFERENCES = {"original": "the transcript of the original", "text": "the corpus text"}


def load_metrics(model: str, weights: Weights, *, clips: list[Clip], against: str, device: str) -> list[Metric]:
    """Those of one of MODELS; ValueError, OSError or ImportError where the model cannot be loaded."""
    if model == "squim":
        return load_squim_metrics(weights, clips, device)
    if model == "utmos":
        return load_utmos_metrics(weights, device)
    if model == "dnsmos":
        return load_dnsmos_metrics(weights)
    return load_asr_metrics(weights, against, device) if model == "asr" else load_speaker_metrics(weights, device)


def load_squim_metrics(weights: Weights, clips: list[Clip], device: str) -> list[Metric]:
    measure = SquimMOS(model=load_squim(weights.path), non_matching=NonMatchingReference(clips), device=device)
    source = "SQUIM_SUBJECTIVE (arXiv 2304.01448), beside the next speaker's original"
    version = f"{package_version('torchaudio')}, {weights.label}"
    return [Metric("squim_mos", "MOS", "higher", PERCEPTUAL_RATE, source, version, measure)]


def load_utmos_metrics(weights: Weights, device: str) -> list[Metric]:
    measure = UTMOS(model=load_utmos(weights.path), device=device)
    version = f"{package_version('torchaudio')}, {weights.label}"
    source = "UTMOS22, strong learner (arXiv 2204.02152)"
    return [Metric("utmos", "MOS", "higher", UTMOS_RATE, source, version, measure)]


def load_dnsmos_metrics(weights: Weights) -> list[Metric]:
    models = DNSMOS(weights.path)
    version = f"{package_version('torchmetrics')}, {package_version('onnxruntime')}, {weights.label}"

    def metric(name: str, what: str) -> Metric:
        return Metric(name, "MOS", "higher", DNSMOS_RATE, what, version, partial(models.measure, name=name))

    return [
        metric("dnsmos", "DNSMOS P.835, overall (arXiv 2110.01763)"),
        metric("dnsmos_sig", "DNSMOS P.835, the speech (arXiv 2110.01763)"),
        metric("dnsmos_bak", "DNSMOS P.835, the background (arXiv 2110.01763)"),
        metric("dnsmos_p808", "DNSMOS P.808 (arXiv 2010.15258)"),
    ]


def load_asr_metrics(weights: Weights, against: str, device: str) -> list[Metric]:
    transcriber = load_transcriber(weights.path, device=device)
    version = f"{package_version('transformers')}, {package_version('jiwer')}, {weights.label}"

    def metric(name: str, unit: str) -> Metric:
        source = f"wrong {unit} per hundred, against {REFERENCES[against]}"
        measure = ErrorRate(transcriber=transcriber, unit=unit, against=against)
        return Metric(name, "%", "lower", transcriber.sample_rate, source, version, measure)

    return [metric("cer", "characters"), metric("wer", "words")]


def load_speaker_metrics(weights: Weights, device: str) -> list[Metric]:
    measure = load_speaker_similarity(weights.path, device=device)
    version, source = f"{package_version('transformers')}, {weights.label}", "WavLM x-vectors (arXiv 2110.13900)"
    rate = measure.feature_extractor.sampling_rate
    return [Metric("speaker_similarity", "cosine", "higher", rate, source, version, measure)]


class NonMatchingReference:
    """Clean speech of other content for a clip's key: the next clip's, of another speaker where there is one."""

    def __init__(self, clips: list[Clip]):
        self.clips = clips
        self.positions = {clip.key: index for index, clip in enumerate(clips)}

    def __call__(self, key: str) -> Tensor:
        """Audio [T] at 16 kHz; Unmeasurable where that clip cannot be read."""
        reference = self.choose(self.positions[key])
        try:
            return reference.load(PERCEPTUAL_RATE).audio
        except (ValueError, OSError) as error:
            raise Unmeasurable(f"the non-matching reference {reference.key} cannot be used: {error}") from error

    def choose(self, position: int) -> Clip:
        following = [*self.clips[position + 1 :], *self.clips[: position + 1]]
        speaker = self.clips[position].speaker
        return next((clip for clip in following if clip.speaker != speaker), following[0])
