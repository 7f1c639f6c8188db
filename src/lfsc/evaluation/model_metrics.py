"""The numbers whose models need weights, each with what one must know to compare it with other people's."""

from torch import Tensor

from lfsc.evaluation.clips import Clip
from lfsc.evaluation.model_weights import Located
from lfsc.evaluation.signal_metrics import versioned
from lfsc.metrics.intelligibility import ErrorRate, load_transcriber
from lfsc.metrics.metric import Metric, Unmeasurable
from lfsc.metrics.perceptual import PERCEPTUAL_RATE, SquimMOS, load_squim
from lfsc.metrics.speaker import load_speaker_similarity

# The options that name their weights, and the metrics that are missing without them.
NAMES = {"squim": ("squim_mos",), "asr": ("cer", "wer"), "speaker": ("speaker_similarity",)}
REFERENCES = {"original": "the transcript of the original", "text": "the corpus text"}


def heavy_metrics(name: str, weights: Located, *, clips: list[Clip], against: str, device: str) -> list[Metric]:
    """Those of one of NAMES; ValueError, OSError or ImportError where its model cannot be loaded."""
    if name == "squim":
        return squim_metrics(weights, clips, device)
    return asr_metrics(weights, against, device) if name == "asr" else speaker_metrics(weights, device)


def squim_metrics(weights: Located, clips: list[Clip], device: str) -> list[Metric]:
    measure = SquimMOS(model=load_squim(weights.path), non_matching=NonMatching(clips), device=device)
    source = "SQUIM_SUBJECTIVE (arXiv 2304.01448), beside the next speaker's original"
    code = f"{versioned('torchaudio')}, {weights.label}"
    return [Metric("squim_mos", "MOS", "higher", PERCEPTUAL_RATE, source, code, measure)]


def asr_metrics(weights: Located, against: str, device: str) -> list[Metric]:
    transcriber = load_transcriber(weights.path, device=device)
    code = f"{versioned('transformers')}, {versioned('jiwer')}, {weights.label}"

    def metric(name: str, unit: str) -> Metric:
        source = f"wrong {unit} per hundred, against {REFERENCES[against]}"
        measure = ErrorRate(transcriber=transcriber, unit=unit, against=against)
        return Metric(name, "%", "lower", transcriber.rate, source, code, measure)

    return [metric("cer", "characters"), metric("wer", "words")]


def speaker_metrics(weights: Located, device: str) -> list[Metric]:
    measure = load_speaker_similarity(weights.path, device=device)
    rate, code = measure.feature_extractor.sampling_rate, f"{versioned('transformers')}, {weights.label}"
    return [Metric("speaker_similarity", "cosine", "higher", rate, "WavLM x-vectors (arXiv 2110.13900)", code, measure)]


class NonMatching:
    """Clean speech of other content for a clip's key: the next clip's, of another speaker where there is one."""

    def __init__(self, clips: list[Clip]):
        self.clips = clips
        self.places = {clip.key: place for place, clip in enumerate(clips)}

    def __call__(self, key: str) -> Tensor:
        chosen = self.chosen(self.places[key])
        try:
            return chosen.load(PERCEPTUAL_RATE).audio
        except (ValueError, OSError) as error:
            raise Unmeasurable(f"the non-matching reference {chosen.key} cannot be used: {error}") from error

    def chosen(self, place: int) -> Clip:
        speaker, others = self.clips[place].speaker, range(place + 1, place + len(self.clips))
        places = (other % len(self.clips) for other in others)
        fallback = (place + 1) % len(self.clips)
        return self.clips[next((other for other in places if self.clips[other].speaker != speaker), fallback)]
