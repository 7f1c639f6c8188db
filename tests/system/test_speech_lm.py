"""docs/speech_lm.py, a language model from the page on tokens: it learns what can be foretold, and speaks on."""

import json
import runpy
import sys
from pathlib import Path

import pytest
import soundfile
import torch

import lfsc
from lfsc.shards.tar import write
from lfsc.tokens.batching import Clip
from lfsc.tokens.fingerprint import fingerprint
from lfsc.tokens.tokenize import make_token_sample

SCRIPT = Path(__file__).resolve().parents[2] / "docs/speech_lm.py"
FRAMES = 80
HOP = 1024


def counting(start: int, frames: int) -> torch.Tensor:
    """Tokens [2,F] in which each follows from the one before."""
    return torch.stack([(start + 3 * torch.arange(frames) + codebook) % 16 for codebook in range(2)])


@pytest.fixture
def tokens(request, tmp_path, write_checkpoint) -> Path:
    """A folder of tokens as `lfsc tokenize` writes it, and the codec beside it."""
    frames = getattr(request, "param", FRAMES)
    codec = write_checkpoint(tmp_path / "codec.ckpt", channels=2, rates=(4, 4, 8, 8), levels=(4, 4))
    mark = fingerprint(lfsc.load(codec))
    folder = tmp_path / "tokens"
    folder.mkdir()
    shards = []
    for split, starts in {"train": range(16), "val": [0]}.items():
        clips = [(Clip(f"{split}{start}", {}, torch.zeros(frames * HOP)), counting(start, frames)) for start in starts]
        write(folder / f"{split}.tar", [make_token_sample(clip, found, mark) for clip, found in clips])
        size = (folder / f"{split}.tar").stat().st_size
        counts = {"samples": len(clips), "audio_seconds": 1.0, "bytes": size}
        shards.append({"name": f"{split}.tar", "split": split, **counts})
    shape = {"sample_rate": 22050, "hop_length": HOP, "num_codebooks": 2, "codebook_size": 16}
    index = {"version": 1, "codec": mark, **shape, "samples": 17, "failed": 0, "frames": 17 * frames, "shards": shards}
    (folder / "index.json").write_text(json.dumps(index))
    return folder


def run(monkeypatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
    runpy.run_path(str(SCRIPT), run_name="__main__")


def test_it_learns_to_count_and_goes_on(tokens, monkeypatch, capsys):
    small = ["--width", 64, "--layers", 1, "--epochs", 20, "--seconds", 1]
    run(monkeypatch, tokens, tokens.parent / "out.wav", "--codec", tokens.parent / "codec.ckpt", *small)
    first, *_, last, end = capsys.readouterr().out.splitlines()
    assert float(first.split()[-1]) > 3 and float(last.split()[-1]) < 1
    assert end.endswith("out.wav begins as val0, for 3 s at most")
    # 65 frames of the clip and 22 of the model, but for the one whose second token would have come a step later.
    assert soundfile.info(tokens.parent / "out.wav").frames == (65 + 22 - 1) * HOP


@pytest.mark.parametrize("tokens", [20], indirect=True)
def test_a_clip_that_is_shorter_than_the_prompt_is_gone_on_from(tokens, monkeypatch):
    small = ["--width", 64, "--layers", 1, "--epochs", 1, "--seconds", 1]
    run(monkeypatch, tokens, tokens.parent / "out.wav", "--codec", tokens.parent / "codec.ckpt", *small)
    assert soundfile.info(tokens.parent / "out.wav").frames == (20 + 22 - 1) * HOP


def test_tokens_of_another_codec_are_refused(tokens, monkeypatch):
    with pytest.raises(ValueError, match=r"tokens holds tokens of codec [0-9a-f]{16}, this codec is"):
        run(monkeypatch, tokens, tokens.parent / "out.wav", "--codec", "pocket")
