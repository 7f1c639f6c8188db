"""Recordings in every container."""

import io
from collections.abc import Callable

import numpy
import pytest
import soundfile

RATE = 16000
FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "wavex": ("WAVEX", "PCM_24"),
    "adpcm": ("WAV", "IMA_ADPCM"),
    "rf64": ("RF64", "PCM_16"),
    "bw64": ("RF64", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "sphere": ("NIST", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "vorbis": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", None),
}


@pytest.fixture
def encode() -> Callable[..., bytes]:
    """encode(kind, seconds, seed=) gives the bytes of a file of that kind, at 16 kHz."""
    return encode_noise


def encode_noise(kind: str, seconds: float = 1.0, *, seed: int = 0) -> bytes:
    """Noise that rises and falls, so that frames of compressed formats differ in size."""
    time_axis = numpy.arange(int(seconds * RATE))
    noise = numpy.random.default_rng(seed).normal(0, 0.1, len(time_axis)) * numpy.sin(time_axis / 3000)
    content = io.BytesIO()
    format, subtype = FORMATS[kind]
    soundfile.write(content, noise.astype(numpy.float32), RATE, format=format, subtype=subtype)
    # As libsndfile does not write it: RF64 by the name that the ITU gave it later.
    return b"BW64" + content.getvalue()[4:] if kind == "bw64" else content.getvalue()
