"""Recordings as tensors: read, cropped, written. The format is told by a file's content, never by its name."""

import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy
import soundfile
import torch
from torch import Tensor

from ..atomic import replacing
from .resampling import resample

Source = str | os.PathLike | bytes | BinaryIO

SUBTYPES = {"WAV": "PCM_16", "FLAC": "PCM_16", "OGG": "VORBIS"}
# Their headers count the samples that were encoded, so fewer means a damaged file; lossy formats only estimate it.
EXACT_FORMATS = ("WAV", "WAVEX", "FLAC", "AIFF", "W64", "RF64")


class AudioInfo(NamedTuple):
    sample_rate: int
    num_samples: int
    channels: int
    format: str
    subtype: str


class Recording(NamedTuple):
    audio: Tensor
    sample_rate: int


class UnreadableAudio(ValueError):
    """The source is not a recording that can be used; the message says which and why in one line."""


def probe(source: Source) -> AudioInfo:
    """What the header says; nothing is decoded."""
    with _opened(source) as sound:
        return _info(sound)


def read(source: Source, *, start: int = 0, num_samples: int | None = None) -> Recording:
    """Audio [T] float32 (the mean of the channels) at its own rate: `num_samples` from `start`, fewer at the end.

    Only the crop is decoded. Raises UnreadableAudio for whatever does not decode, holds nothing, or is not finite.
    """
    return read_crops(source, starts=lambda info: [start], num_samples=num_samples)[0]


def read_crops(
    source: Source, *, starts: Callable[[AudioInfo], Iterable[int]], num_samples: int | None
) -> list[Recording]:
    """What `read` gives from each of the `starts`, which are chosen from the header; the source is opened once."""
    with _opened(source) as sound:
        return [
            Recording(_samples(sound, _name(source), start, num_samples), sound.samplerate)
            for start in starts(_info(sound))
        ]


def load(source: Source, *, sample_rate: int) -> Tensor:
    """Audio [T] float32 of the whole recording, resampled to `sample_rate`."""
    audio, source_rate = read(source)
    return resample(audio, from_rate=source_rate, to_rate=sample_rate)


def write(path: Path | str, audio: Tensor, *, sample_rate: int) -> None:
    """Put audio [T] into a .wav, .flac (both 16 bit) or .ogg (Vorbis) file, whole or not at all."""
    content = encode(audio, sample_rate=sample_rate, format=Path(path).suffix[1:])
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def encode(audio: Tensor, *, sample_rate: int, format: str) -> bytes:
    """The bytes of a wav, flac or ogg file with audio [T]; values beyond ±1 are clipped, as 16 bits must."""
    subtype = SUBTYPES.get(format.upper())
    if subtype is None:
        raise ValueError(f"audio can be written as {', '.join(SUBTYPES).lower()}, not as '{format}'")
    if audio.dim() != 1:
        raise ValueError(f"audio has shape {list(audio.shape)}, expected one channel [T]")
    audio = audio.detach().cpu().float()
    if not torch.isfinite(audio).all():
        raise ValueError("audio holds NaN or infinity and was not written")
    if subtype == "PCM_16":
        # Our own rounding: 16-bit audio that is read and written again stays the same to the last bit.
        audio = (audio * 32768).round().clamp(-32768, 32767).to(torch.int16)
    content = io.BytesIO()
    soundfile.write(content, audio.numpy(), sample_rate, format=format.upper(), subtype=subtype)
    return content.getvalue()


def _info(sound: soundfile.SoundFile) -> AudioInfo:
    return AudioInfo(sound.samplerate, sound.frames, sound.channels, sound.format, sound.subtype)


def _samples(sound: soundfile.SoundFile, name: str, start: int, num_samples: int | None) -> Tensor:
    if not 0 <= start < sound.frames:
        raise ValueError(f"start {start} is outside {name}, which has {sound.frames} samples")
    wanted = sound.frames - start if num_samples is None else min(num_samples, sound.frames - start)
    sound.seek(start)
    samples = sound.read(wanted, dtype="float32", always_2d=True)
    if len(samples) == 0 or (len(samples) < wanted and sound.format in EXACT_FORMATS):
        raise UnreadableAudio(f"{name}: truncated, {len(samples)} of {wanted} samples decode")
    audio = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1)
    if not numpy.isfinite(audio).all():
        first = start + int(numpy.argmin(numpy.isfinite(audio)))
        raise UnreadableAudio(f"{name}: sample {first} is not finite")
    return torch.from_numpy(numpy.ascontiguousarray(audio))


@contextmanager
def _opened(source: Source) -> Iterator[soundfile.SoundFile]:
    """The open recording; whatever libsndfile or the file system has against it becomes UnreadableAudio."""
    try:
        with _stream(source) as stream, soundfile.SoundFile(stream, closefd=False) as sound:
            if sound.frames == 0:
                raise UnreadableAudio(f"{_name(source)}: holds no samples")
            yield sound
    except (soundfile.SoundFileError, OSError) as error:
        raise UnreadableAudio(f"{_name(source)}: {_reason(error)}") from error


@contextmanager
def _stream(source: Source) -> Iterator[BinaryIO | int]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, str | os.PathLike):
        # By descriptor, because libsndfile believes a path's suffix (.raw, .vox, .gsm) more than its content.
        with open(source, "rb") as file:
            yield file.fileno()
    else:
        source.seek(0)
        yield source


def _name(source: Source) -> str:
    if isinstance(source, bytes):
        return f"recording of {len(source)} bytes"
    return str(source) if isinstance(source, str | os.PathLike) else str(getattr(source, "name", "recording"))


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"not a recording that can be decoded ({getattr(error, 'error_string', error)})"
