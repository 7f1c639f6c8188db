"""The codec that comes with the package, on speakers that it has never heard: what breaks coding is heard here."""

import copy
import io
from pathlib import Path
from statistics import mean

import pytest
import torch

import lfsc
from lfsc.audio import files
from lfsc.cli import main
from lfsc.formats.shipped import SHIPPED, shipped
from lfsc.metrics.intelligibility import INTELLIGIBILITY_RATE, stoi
from lfsc.metrics.metric import Pair
from lfsc.tokens.fingerprint import fingerprint

# As benchmarks/pocket_corpus.py draws them.
LIBRISPEECH = (200, 250, 1040, 1743, 2033, 2514, 2518, 2817, 2836, 2843)
UNHEARD = (*(f"librispeech-{number}" for number in LIBRISPEECH), "vctk-p287", "vctk-p310", "vctk-unknown-5")
# A little below what it reaches: mean STOI and ESTOI over all clips; STOI of the first four, by gain.
FLOORS, BY_GAIN = (0.837, 0.675), {1.0: 0.842, 0.5: 0.836, 0.1: 0.797}
README = Path(__file__).resolve().parents[2] / "README.md"
FINGERPRINT = "6f840e69ad810de5"


@pytest.fixture(scope="module")
def codec():
    return lfsc.load(SHIPPED)


@pytest.fixture(scope="module")
def clips(real_speech):
    found = [path for speaker in UNHEARD for path in sorted((real_speech / "en" / speaker).glob("*"))]
    assert len(found) == 13
    return [files.load(path, sample_rate=22050) for path in found]


def understood(codec, audio: torch.Tensor) -> tuple[float, float]:
    """STOI and ESTOI of what comes back of audio [T]."""
    tokens, tokens_len = codec.encode(audio=audio[None])
    again = codec.decode(tokens=tokens, tokens_len=tokens_len)[0][0, : len(audio)]
    pair = Pair(fake=again.float(), real=audio, sample_rate=codec.sample_rate).at(INTELLIGIBILITY_RATE)
    return stoi(pair, extended=False), stoi(pair, extended=True)


def test_it_is_small_and_says_what_it_is():
    assert sum(path.stat().st_size for path in shipped().iterdir()) <= 4_000_000
    card = (shipped() / "README.md").read_text()
    assert all(name in card for name in ("LibriSpeech", "VCTK", "LJSpeech", "CC BY 4.0", "STOI", "not NVIDIA's"))


@pytest.mark.slow
def test_speech_of_unheard_speakers_is_understood(codec, clips):
    plain, extended = zip(*(understood(codec, audio) for audio in clips), strict=True)
    assert mean(plain) >= FLOORS[0]
    assert mean(extended) >= FLOORS[1]


@pytest.mark.parametrize("gain", [1.0, *(pytest.param(gain, marks=pytest.mark.slow) for gain in (0.5, 0.1))])
def test_louder_and_quieter_speech_is_understood(codec, clips, gain):
    plain, _ = zip(*(understood(codec, gain * audio) for audio in clips[:4]), strict=True)
    assert mean(plain) >= BY_GAIN[gain]


@pytest.mark.slow
def test_speech_in_half_precision_is_the_same_speech(codec, clips):
    half = copy.deepcopy(codec).bfloat16()
    plain, _ = zip(*(understood(half, audio) for audio in clips[:4]), strict=True)
    assert mean(plain) >= BY_GAIN[1.0]


def test_its_tokens_are_what_they_were(codec):
    assert fingerprint(codec) == FINGERPRINT


def test_the_readme_has_its_lookahead(codec):
    encode, decode = codec.lookahead
    assert f"| `{SHIPPED}` | {encode:.0f} ms | {decode:.0f} ms |" in README.read_text(encoding="utf-8")


def test_commands_work_without_a_codec_of_ones_own(tmp_path, monkeypatch, capsys):
    (tmp_path / "pocket").mkdir()  # a folder of that name is another one
    monkeypatch.chdir(tmp_path)
    files.write("my.wav", 0.1 * torch.randn(22050), sample_rate=22050)
    for command in ("reconstruct my.wav out.wav", "encode my.wav my.lfsc", "decode my.lfsc again.wav"):
        assert main(command.split()) == 0
        assert "the small sample that comes with lfsc" in capsys.readouterr().err
    out, again = (files.read(io.BytesIO((tmp_path / name).read_bytes())).audio for name in ("out.wav", "again.wav"))
    assert torch.equal(out, again)
