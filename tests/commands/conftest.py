import io
import sys

import pytest
import torch

from lfsc.audio import files


@pytest.fixture
def codec_path(write_checkpoint, tmp_path):
    return str(write_checkpoint(tmp_path / "codec.ckpt"))


@pytest.fixture
def recordings(tmp_path):
    """Three recordings of noise at different rates, in a tree."""
    for number, (name, rate) in enumerate([("a.wav", 22050), ("deep/b.flac", 44100), ("deep/c.ogg", 16000)]):
        audio = torch.randn(rate // 2 + number, generator=torch.Generator().manual_seed(number)) * 0.1
        files.write(tmp_path / "speech" / name, audio, sample_rate=rate)
    return tmp_path / "speech"


@pytest.fixture
def standard_streams(monkeypatch):
    """Gives stdin bytes and returns the buffer that stands for stdout."""

    def give(content: bytes) -> io.BytesIO:
        out = io.BytesIO()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, write_through=True))
        return out

    return give
