from types import SimpleNamespace

import jiwer
import numpy
import pytest
import torch
from torchmetrics.functional.audio.stoi import short_time_objective_intelligibility
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperProcessor,
    WhisperTokenizer,
)
from transformers.convert_slow_tokenizer import bytes_to_unicode

from lfsc.metrics.intelligibility import ErrorRate, Transcriber, load_transcriber, normalize_text, stoi
from lfsc.metrics.metric import Audio, Pair, Unmeasurable

SPECIAL = ("<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|transcribe|>", "<|notimestamps|>")


class FakePipeline:
    """In place of a recogniser: returns the text that `script` has for the value of the first sample."""

    def __init__(self, script: dict[int, str]):
        self.script, self.calls = script, 0
        self.feature_extractor = SimpleNamespace(sampling_rate=16000)
        self.model = SimpleNamespace(config=SimpleNamespace(model_type="wav2vec2"))

    def __call__(self, recording: dict) -> dict:
        self.calls += 1
        return {"text": self.script[round(float(recording["raw"][0]))]}


def pair(language: str = "en", text: str = "", key: str = "a") -> Pair:
    fake, real = torch.full((1600,), 1.0), torch.full((1600,), 2.0)
    return Pair(fake=fake, real=real, sample_rate=16000, key=key, language=language, text=text)


@pytest.mark.parametrize("extended", [False, True])
def test_stoi_agrees_with_torchmetrics(speech, extended):
    oracle = short_time_objective_intelligibility(speech.fake, speech.real, 16000, extended=extended)
    assert stoi(speech, extended=extended) == pytest.approx(float(oracle), abs=1e-6)
    assert stoi(Audio(speech.real, speech.real), extended=extended) == pytest.approx(1, abs=1e-6)


def test_estoi_repeats_to_the_last_bit_and_leaves_numpy_s_generator_alone(speech):
    numpy.random.seed(5)
    expected = numpy.random.standard_normal()
    numpy.random.seed(5)
    first = stoi(speech, extended=True)
    assert numpy.random.standard_normal() == expected
    assert stoi(speech, extended=True) == first


@pytest.mark.parametrize(("length", "reason"), [(3000, "Not enough STFT"), (400, "less than a frame of speech")])
def test_too_short_for_stoi(length, reason):
    with pytest.raises(Unmeasurable, match=reason):
        stoi(Audio(torch.ones(length), torch.ones(length)), extended=False)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Mr. Smith's twenty-two apples, don't!", "en", "mister smith is 22 apples do not"),
        ("Straße — «Grüße», ÄRGER", "de", "strasse grüsse ärger"),
        ("今日は、 良い 天気。", "ja", "今日は良い天気"),
        ("ನಮಸ್ಕಾರ, ಕನ್ನಡ!", "kn", "ನಮಸ್ಕಾರ ಕನ್ನಡ"),
        ("ﬁ ½", "pt_BR", "fi 1 2"),
        ("Don't!", "English", "do not"),
        ("天 气", "cmn_hans_cn", "天气"),
    ],
)
def test_texts_are_compared_without_notation(text, language, expected):
    assert normalize_text(text, language) == expected


def test_error_rates_agree_with_jiwer_and_share_transcripts():
    pipeline = FakePipeline({1: "the cat sat in the hat", 2: "The cat sat on a mat."})
    transcriber = Transcriber(pipeline)
    one = pair()
    reference, hypothesis = "the cat sat on a mat", "the cat sat in the hat"
    characters = ErrorRate(transcriber=transcriber, unit="characters")(one)
    words = ErrorRate(transcriber=transcriber, unit="words")(one)
    assert characters.value == pytest.approx(100 * jiwer.cer(reference, hypothesis))
    assert words.value == pytest.approx(100 * jiwer.wer(reference, hypothesis))
    assert (characters.weight, words.weight) == (len(reference), 6)
    assert pipeline.calls == 2
    ErrorRate(transcriber=transcriber, unit="words")(pair())
    assert pipeline.calls == 3


def test_error_rates_against_the_corpus_text():
    against_text = ErrorRate(transcriber=Transcriber(FakePipeline({1: "abd"})), unit="characters", against="text")
    assert against_text(pair(language="de", text="abc")).value == pytest.approx(100 / 3)
    with pytest.raises(Unmeasurable, match="no text"):
        against_text(pair())


def test_what_has_no_error_rate():
    transcriber = Transcriber(FakePipeline({1: "a", 2: "…"}))
    with pytest.raises(Unmeasurable, match="transcript is empty"):
        ErrorRate(transcriber=transcriber, unit="characters")(pair(language="de"))
    with pytest.raises(Unmeasurable, match="not separated"):
        ErrorRate(transcriber=transcriber, unit="words")(pair(language="zh_TW"))
    with pytest.raises(Unmeasurable, match="not separated in the language 'Mandarin'"):
        ErrorRate(transcriber=transcriber, unit="words")(pair(language="Mandarin"))


@pytest.fixture(scope="module")
def tiny_whisper(tmp_path_factory) -> str:
    """An untrained Whisper that knows English and German, saved as the hub lays it out."""
    tokenizer = WhisperTokenizer(vocab={letter: i for i, letter in enumerate(bytes_to_unicode().values())}, merges=[])
    tokenizer.add_special_tokens({"extra_special_tokens": list(SPECIAL[1:])})
    tokenizer.add_tokens([f"<|{step * 0.02:.2f}|>" for step in range(1501)])
    end, start, en, de, transcribe, no_timestamps = tokenizer.convert_tokens_to_ids(list(SPECIAL))
    layers = {f"{side}_{what}": 1 for side in ("encoder", "decoder") for what in ("layers", "attention_heads")}
    special = {"eos_token_id": end, "pad_token_id": end, "bos_token_id": end, "decoder_start_token_id": start}
    sizes = {"d_model": 8, "encoder_ffn_dim": 8, "decoder_ffn_dim": 8, "max_target_positions": 32}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = WhisperForConditionalGeneration(WhisperConfig(vocab_size=len(tokenizer), **sizes, **layers, **special))
    model.generation_config = GenerationConfig(
        **special,
        max_length=12,
        is_multilingual=True,
        lang_to_id={"<|en|>": en, "<|de|>": de},
        task_to_id={"transcribe": transcribe},
        no_timestamps_token_id=no_timestamps,
        suppress_tokens=[end],
    )
    folder = tmp_path_factory.mktemp("whisper")
    model.save_pretrained(folder)
    WhisperProcessor(WhisperFeatureExtractor(), tokenizer).save_pretrained(folder)
    return str(folder)


def test_a_whisper_of_a_folder_transcribes_in_the_clip_s_language(tiny_whisper):
    transcriber = load_transcriber(tiny_whisper)
    noise = torch.randn(31 * 16000, generator=torch.Generator().manual_seed(0))
    assert isinstance(transcriber.transcribe(noise, "en_GB"), str)
    for language in ("de", "", "und", "deu", "English"):
        assert isinstance(transcriber.transcribe(noise[:16000], language), str)
    with pytest.raises(Unmeasurable, match="not trained on the language 'gd'"):
        transcriber.transcribe(noise[:16000], "gd")
