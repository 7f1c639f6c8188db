"""How well words are understood: by a model of hearing, and by a speech recogniser."""

import re
import unicodedata
import warnings
from contextlib import contextmanager
from functools import partial

import numpy
import torch

from lfsc.io.pretrained import load_pretrained
from lfsc.metrics.metric import Audio, Measurement, Pair, Unmeasurable

INTELLIGIBILITY_RATE = 16000
# Languages written without spaces between words, so only characters can be counted.
UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "yue", "zh"})
# What others call Whisper's languages: ISO 639-3, and some tags of FLEURS and ISO 639-1. The last name no language.
PAIRS = """
    afr:af amh:am ara:ar aze:az ben:bn bul:bg cat:ca ces:cs cmn:zh cym:cy dan:da deu:de ell:el eng:en est:et eus:eu
    fas:fa fil:tl fin:fi fra:fr glg:gl guj:gu hau:ha heb:he hin:hi hrv:hr hun:hu hye:hy ind:id isl:is ita:it jpn:ja
    jv:jw kan:kn kaz:kk khm:km kor:ko lav:lv lit:lt mal:ml mar:mr mkd:mk mlt:mt mya:my nb:no nld:nl nob:no npi:ne
    pan:pa pol:pl por:pt ron:ro rus:ru slk:sk slv:sl sna:sn spa:es srp:sr swe:sv swh:sw tam:ta tel:te tgl:tl tha:th
    tur:tr ukr:uk urd:ur uzb:uz vie:vi yor:yo zho:zh und: mul: zxx:
"""
OTHER_CODES = dict(re.findall(r"(\w+):(\w*)", PAIRS))
WHISPER_WINDOW = 30  # seconds; longer audio is only transcribed with timestamps


def stoi(audio: Audio, *, extended: bool) -> float:
    """Short-time objective intelligibility (Taal et al. 2011), or its extension (Jensen and Taal 2016)."""
    from pystoi import stoi

    with fix_numpy_seed(), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(
                stoi(audio.real.cpu().numpy(), audio.fake.cpu().numpy(), INTELLIGIBILITY_RATE, extended=extended)
            )
        except RuntimeWarning as warning:
            raise Unmeasurable(f"STOI: {str(warning).split('. ')[0]}") from warning
        # From less than a frame of speech pystoi makes an array without the dimensions that it asks for.
        except (ValueError, IndexError) as error:
            raise Unmeasurable("STOI: less than a frame of speech, of 26 ms") from error


@contextmanager
def fix_numpy_seed():
    """pystoi adds noise of 1e-16 from numpy's global generator, which would make reports differ in the last digit."""
    state = numpy.random.get_state()
    numpy.random.seed(0)
    try:
        yield
    finally:
        numpy.random.set_state(state)


class Transcriber:
    """Transcripts of a pair by a transformers ASR pipeline; those of originals are cached for the other codecs."""

    def __init__(self, pipeline):
        self.pipeline = pipeline
        self.sample_rate = pipeline.feature_extractor.sampling_rate
        self.originals: dict[str, str] = {}
        self.latest: tuple[Pair, str] | None = None

    def reconstruction(self, pair: Pair) -> str:
        if self.latest is None or self.latest[0] is not pair:
            self.latest = (pair, self.transcribe(pair.at(self.sample_rate).fake, pair.language))
        return self.latest[1]

    def original(self, pair: Pair) -> str:
        if pair.key not in self.originals:
            self.originals[pair.key] = self.transcribe(pair.at(self.sample_rate).real, pair.language)
        return self.originals[pair.key]

    @torch.inference_mode()
    def transcribe(self, audio: torch.Tensor, language: str) -> str:
        options = {}
        if self.pipeline.model.config.model_type == "whisper":
            options["return_timestamps"] = len(audio) > WHISPER_WINDOW * self.sample_rate
            options["generate_kwargs"] = self.whisper_options(language)
        recording = {"raw": audio.cpu().numpy(), "sampling_rate": self.sample_rate}
        return self.pipeline(recording, **options)["text"]

    def whisper_options(self, language: str) -> dict:
        """Greedy decoding in the clip's language; where that is unknown, in the one that the model detects."""
        greedy = {"do_sample": False, "num_beams": 1}
        code = primary_language(language)
        known = getattr(self.pipeline.model.generation_config, "lang_to_id", {"<|en|>": 0})
        if code and f"<|{code}|>" not in known:
            raise Unmeasurable(f"the recogniser was not trained on the language '{language}'")
        return greedy | ({"language": code, "task": "transcribe"} if code and len(known) > 1 else {})


class ErrorRate:
    """Errors per hundred characters (`unit` "characters") or words, of a reconstruction's transcript.

    It is compared with the transcript of the original, or with the clip's text where `against` is "text". A mean over
    clips weights each by its characters or words, as is usual for error rates.
    """

    def __init__(self, *, transcriber: Transcriber, unit: str, against: str = "original"):
        self.transcriber = transcriber
        self.unit = unit
        self.against = against

    def __call__(self, pair: Pair) -> Measurement:
        import jiwer

        if self.unit == "words" and primary_language(pair.language) in UNSPACED:
            raise Unmeasurable(f"words are not separated in the language '{pair.language}'")
        reference = normalize_text(self.reference(pair), pair.language)
        if not reference:
            raise Unmeasurable(f"the {self.against}'s transcript is empty")
        hypothesis = normalize_text(self.transcriber.reconstruction(pair), pair.language)
        compare = jiwer.process_characters if self.unit == "characters" else jiwer.process_words
        counts = compare(reference, hypothesis)
        errors = counts.substitutions + counts.deletions + counts.insertions
        length = counts.hits + counts.substitutions + counts.deletions
        return Measurement(100 * errors / length, weight=length)

    def reference(self, pair: Pair) -> str:
        if self.against == "original":
            return self.transcriber.original(pair)
        if not pair.text:
            raise Unmeasurable("the corpus has no text of this clip")
        return pair.text


def normalize_text(text: str, language: str) -> str:
    """Text without case, punctuation and differences of notation: what a reader would call the same words.

    English goes by Whisper's own rules (numbers, contractions). Combining marks stay, as vowels of many scripts are.
    """
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    if primary_language(language) == "en":
        return EnglishTextNormalizer({})(text).strip()
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(" " if unicodedata.category(letter)[0] in "PSZC" else letter for letter in text)
    return re.sub(r"\s+", "" if primary_language(language) in UNSPACED else " ", text).strip()


def primary_language(language: str) -> str:
    """The language of a tag or an English name as Whisper calls it: pt of pt_BR, zh of cmn_Hans, "" of und."""
    from transformers.models.whisper.tokenization_whisper import TO_LANGUAGE_CODE

    tag = re.split("[-_ ]", language)[0].lower()
    return OTHER_CODES.get(tag, TO_LANGUAGE_CODE.get(tag, tag))


def load_transcriber(path: str, *, device: str = "cpu") -> Transcriber:
    """A recogniser of a local folder or a hub name."""
    from transformers import pipeline

    return Transcriber(load_pretrained(partial(pipeline, "automatic-speech-recognition"), path, device=device))
