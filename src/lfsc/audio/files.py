"""Recordings as tensors: read, cropped, written. The format is that of a file's content, whatever its name."""

import io
from collections.abc import Callable, Sequence
from numbers import Integral
from pathlib import Path
from typing import NamedTuple

import soundfile
import torch
from torch import Tensor

from lfsc.audio.recording import HIGHEST_RATE, AudioInfo, Rows, Source, open_recording
from lfsc.audio.resampling import resample
from lfsc.io.atomic import write_bytes

SUBTYPES = {"WAV": "PCM_16", "FLAC": "PCM_16", "OGG": "VORBIS"}
# In Hz. FLAC has 16 bits for a rate, or for a tenth of it; beyond its highest, libvorbis ends the process.
HIGHEST_WRITTEN = {"WAV": HIGHEST_RATE, "FLAC": 655_350, "OGG": 200_000}


class Recording(NamedTuple):
    audio: Tensor
    sample_rate: int


def probe(source: Source) -> AudioInfo:
    """What the recording is, its length as its bytes have it; nothing is decoded."""
    with open_recording(source) as recording:
        return recording.info


def read(source: Source, *, start: int = 0, num_samples: int | None = None, channel: int | None = None) -> Recording:
    """Audio [T] float32 at its own rate: `num_samples` from `start`, fewer at the end; a channel, or the mean of all.

    Only the crop is decoded. Raises UnreadableAudio for whatever does not decode, is cut off, holds nothing, is not
    finite, or whose channels cancel each other out.
    """
    with open_recording(source, whole=start == 0 and num_samples is None) as recording:
        return Recording(torch.from_numpy(recording.read(start, num_samples, channel)), recording.info.sample_rate)


def read_rows(source: Source, rows: Rows, *, starts: Callable[[AudioInfo], Sequence[int]]) -> list[int]:
    """Fill `rows` [N,T] with what `read` gives from the `starts`, which are chosen from the header; how much each got.

    The source is opened once, and its header believed; what lies after its end is left as it is.
    """
    with open_recording(source, trusted=True) as recording:
        places = zip(rows, starts(recording.info), strict=True)
        return [len(recording.read(start, len(row), out=row)) for row, start in places]


def load(source: Source, *, sample_rate: int) -> Tensor:
    """Audio [T] float32 of the whole recording, resampled to `sample_rate`."""
    audio, source_rate = read(source)
    return resample(audio, from_rate=source_rate, to_rate=sample_rate)


def write(path: Path | str, audio: Tensor, *, sample_rate: int) -> None:
    """Put audio [T] into a .wav, .flac (both 16 bit) or .ogg (Vorbis) file, whole or not at all."""
    write_bytes(path, encode(audio, sample_rate=sample_rate, format=Path(path).suffix[1:]))


def check_format(format: str) -> str:
    """The format in capitals, as SUBTYPES has it; ValueError for one that is not written."""
    if format.upper() not in SUBTYPES:
        raise ValueError(f"audio can be written as {', '.join(SUBTYPES).lower()}, not as '{format}'")
    return format.upper()


def require_rate(sample_rate: int, format: str) -> None:
    """ValueError for a rate that a file of one of SUBTYPES cannot have."""
    highest = HIGHEST_WRITTEN[format]
    if not isinstance(sample_rate, Integral) or not 1 <= sample_rate <= highest:
        raise ValueError(f"a .{format.lower()} file cannot be at {sample_rate} Hz, but at 1 to {highest} Hz")
    if format == "FLAC" and sample_rate >= 1 << 16 and sample_rate % 10:
        raise ValueError(f"a .flac file cannot be at {sample_rate} Hz: above 65535 Hz, expected a multiple of 10")


def encode(audio: Tensor, *, sample_rate: int, format: str) -> bytes:
    """The bytes of a wav, flac or ogg file with audio [T]; values beyond ±1 are clipped, as 16 bits must."""
    format = check_format(format)
    subtype = SUBTYPES[format]
    require_rate(sample_rate, format)
    if not isinstance(audio, Tensor):
        raise ValueError(f"audio is a {type(audio).__name__}, expected a tensor [T]: write torch.as_tensor(audio)")
    if audio.dim() != 1:
        raise ValueError(f"audio has shape {list(audio.shape)}, expected one channel [T]")
    audio = audio.detach().cpu().float()
    if not torch.isfinite(audio).all():
        raise ValueError("audio holds NaN or infinity and was not written")
    if subtype == "PCM_16":
        # Our own rounding: 16-bit audio that is read and written again stays the same to the last bit.
        audio = (audio * 32768).round().clamp(-32768, 32767).to(torch.int16)
    content = io.BytesIO()
    soundfile.write(content, audio.numpy(), sample_rate, format=format, subtype=subtype)
    return content.getvalue()
