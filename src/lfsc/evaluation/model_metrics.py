"""The metrics whose models need weights, each with what one must know to compare it with published numbers."""

from torch import Tensor

from lfsc.evaluation.clips import Clip
from lfsc.evaluation.model_weights import Weights
from lfsc.evaluation.signal_metrics import package_version
from lfsc.metrics.intelligibility import ErrorRate, load_transcriber
from lfsc.metrics.metric import Metric, Unmeasurable
from lfsc.metrics.perceptual import PERCEPTUAL_RATE, SquimMOS, load_squim
from lfsc.metrics.speaker import load_speaker_similarity

# The metrics of each model, by the option that names its weights.
MODELS = {"squim": ("squim_mos",), "asr": ("cer", "wer"), "speaker": ("speaker_similarity",)}
REFERENCES = {"original": "the transcript of the original", "text": "the corpus text"}


def load_metrics(model: str, weights: Weights, *, clips: list[Clip], against: str, device: str) -> list[Metric]:
    """Those of one of MODELS; ValueError, OSError or ImportError where the model cannot be loaded."""
    if model == "squim":
        return load_squim_metrics(weights, clips, device)
    return load_asr_metrics(weights, against, device) if model == "asr" else load_speaker_metrics(weights, device)


def load_squim_metrics(weights: Weights, clips: list[Clip], device: str) -> list[Metric]:
    measure = SquimMOS(model=load_squim(weights.path), non_matching=NonMatchingReference(clips), device=device)
    source = "SQUIM_SUBJECTIVE (arXiv 2304.01448), beside the next speaker's original"
    version = f"{package_version('torchaudio')}, {weights.label}"
    return [Metric("squim_mos", "MOS", "higher", PERCEPTUAL_RATE, source, version, measure)]


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
