"""Recordings as tensors: read, cropped, written. The format is told by a file's content, never by its name."""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor

from lfsc.io.atomic import replacing

from .resampling import resample

Source = str | os.PathLike | bytes | BinaryIO
Rows = NDArray[numpy.float32]

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


class OneWay(soundfile.SoundFile):
    """Reads on from where it was told to seek; soundfile seeks once more after each read, a tenth of a crop's cost."""

    def seekable(self) -> bool:
        return False


def probe(source: Source) -> AudioInfo:
    """What the header says; nothing is decoded."""
    with _open(source) as sound:
        return _info(sound)


def read(source: Source, *, start: int = 0, num_samples: int | None = None) -> Recording:
    """Audio [T] float32 (the mean of the channels) at its own rate: `num_samples` from `start`, fewer at the end.

    Only the crop is decoded. Raises UnreadableAudio for whatever does not decode, holds nothing, or is not finite.
    """
    with _open(source) as sound:
        return Recording(torch.from_numpy(_samples(sound, _name(source), start, num_samples)), sound.samplerate)


def read_rows(source: Source, rows: Rows, *, starts: Callable[[AudioInfo], Sequence[int]]) -> list[int]:
    """Fill `rows` [N,T] with what `read` gives from the `starts`, which are chosen from the header; how much each got.

    The source is opened once; what lies after its end is left as it is.
    """
    with _open(source) as sound:
        places = zip(rows, starts(_info(sound)), strict=True)
        return [len(_samples(sound, _name(source), start, len(row), out=row)) for row, start in places]


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


def _samples(sound: OneWay, name: str, start: int, num_samples: int | None, out: Rows | None = None) -> Rows:
    """Samples [T] from `start`, in `out` if that is given."""
    if not 0 <= start < sound.frames:
        raise ValueError(f"start {start} is outside {name}, which has {sound.frames} samples")
    wanted = sound.frames - start if num_samples is None else min(num_samples, sound.frames - start)
    audio = numpy.empty(wanted, dtype=numpy.float32) if out is None else out[:wanted]
    sound.seek(start)
    if sound.channels == 1:
        decoded = len(sound.read(wanted, out=audio))
    else:
        samples = sound.read(wanted, dtype="float32")
        decoded = len(samples)
        audio[:decoded] = samples.mean(axis=1)
    if decoded == 0 or (decoded < wanted and sound.format in EXACT_FORMATS):
        raise UnreadableAudio(f"{name}: truncated, {decoded} of {wanted} samples decode")
    if not numpy.isfinite(audio[:decoded]).all():
        first = start + int(numpy.argmin(numpy.isfinite(audio[:decoded])))
        raise UnreadableAudio(f"{name}: sample {first} is not finite")
    return audio[:decoded]


@contextmanager
def _open(source: Source) -> Iterator[soundfile.SoundFile]:
    """The open recording; whatever libsndfile or the file system has against it becomes UnreadableAudio."""
    try:
        with _stream(source) as stream, OneWay(stream, closefd=False) as sound:
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
