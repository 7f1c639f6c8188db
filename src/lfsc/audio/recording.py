"""A recording, opened by its content and decoded block by block."""

import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, NamedTuple

import numpy
import soundfile
from numpy.typing import NDArray

from lfsc.audio.containers.find import find_streams, require_single
from lfsc.audio.containers.not_read import describe_content
from lfsc.audio.containers.stream import Damage, StreamFile
from lfsc.audio.suffixes import NOT_READ

Source = str | os.PathLike | bytes | BinaryIO
Rows = NDArray[numpy.float32]

# Decoded at once: as much as most recordings are.
BLOCK = 1 << 22
# The most of one recording that is held in memory: six hours at 48 kHz, four gigabytes.
MOST_SAMPLES = 1 << 30
# In Hz. At others, a second of audio is nothing, or hours.
LOWEST_RATE, HIGHEST_RATE = 1000, 1_000_000
# Decoders of MP3 may drop a first frame that lacks what it refers to.
LAST_FRAME = 1152
# What libsndfile says of a known container with samples that it does not decode, such as AAC in WAV.
OTHER_CODING = re.compile("unsupported|unimplemented|Malformed 'fmt ' chunk")
# A fraction of the channels' power: what the mean of two has which differ by half a dB, one upside down.
CANCELLED = 1e-3


class AudioInfo(NamedTuple):
    sample_rate: int
    num_samples: int
    channels: int
    format: str
    subtype: str


class UnreadableAudio(ValueError):
    """The source is not a recording that can be used; the message says which and why in one line."""


class OneWay(soundfile.SoundFile):
    """Reads on from where it was told to seek; soundfile seeks once more after each read, a tenth of a crop's cost."""

    def seekable(self) -> bool:
        return False


class Memory(io.BytesIO):
    """Bytes as a file in which libsndfile may look for a place before the first one, where a header says so."""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return super().seek(max(0, offset) if whence == io.SEEK_SET else offset, whence)


class OpenRecording:
    """The `parts` of a source, decoded one after the other; `name` is that of the source in messages."""

    def __init__(self, parts: list[soundfile.SoundFile], name: str):
        self.parts = parts
        self.name = name
        first = parts[0]
        num_samples = sum(part.frames for part in parts)
        self.info = AudioInfo(first.samplerate, num_samples, first.channels, first.format, first.subtype)

    def read(
        self, start: int, num_samples: int | None = None, channel: int | None = None, out: Rows | None = None
    ) -> Rows:
        """Samples [T] from `start`, in `out` if that is given."""
        frames = self.info.num_samples
        if not 0 <= start < frames:
            raise ValueError(f"start {start} is outside {self.name}, which has {frames} samples")
        if channel is not None and channel >= self.info.channels:
            raise UnreadableAudio(f"{self.name}: no channel {channel}, it has {self.info.channels}, counted from 0")
        wanted = frames - start if num_samples is None else min(num_samples, frames - start)
        if wanted > MOST_SAMPLES:
            raise UnreadableAudio(
                f"{self.name}: {wanted} samples are too many to be read at once, {MOST_SAMPLES} are not: split it"
            )
        # Memory is taken as it is filled.
        audio = numpy.empty(wanted, dtype=numpy.float32) if out is None else out[:wanted]
        decoded, levels = 0, Levels()
        for block in self.read_blocks(start, wanted, channel, levels):
            if not numpy.isfinite(block).all():
                first = start + decoded + int(numpy.argmin(numpy.isfinite(block)))
                raise UnreadableAudio(f"{self.name}: sample {first} is not finite")
            audio[decoded : decoded + len(block)] = block
            decoded += len(block)
        if decoded < wanted - (LAST_FRAME if self.info.format == "MP3" else 0) or decoded == 0:
            raise UnreadableAudio(f"{self.name}: truncated, {decoded} of {wanted} samples decode")
        if levels.cancel():
            raise UnreadableAudio(
                f"{self.name}: its channels cancel each other out (one is the other upside down): keep one of them"
            )
        return audio[:decoded]

    def read_blocks(self, start: int, wanted: int, channel: int | None, levels: "Levels") -> Iterator[Rows]:
        """Mono samples in the order of the parts, so few at a time that many channels fit, too."""
        for part in self.parts:
            if start >= part.frames:
                start -= part.frames
                continue
            part.seek(start)
            left = min(wanted, part.frames - start)
            while left and len(samples := part.read(min(left, BLOCK // part.channels + 1), dtype="float32")):
                left, wanted = left - len(samples), wanted - len(samples)
                if samples.ndim == 1:
                    yield samples
                elif channel is not None:
                    yield samples[:, channel].copy()
                else:
                    mean = samples.mean(axis=1)
                    levels.add(samples, mean)
                    yield mean
            if not wanted or left:
                return
            start = 0


class Levels:
    """Energy of channels, and of their mean."""

    def __init__(self) -> None:
        self.channels = self.mean = 0.0

    def add(self, samples: Rows, mean: Rows) -> None:
        self.channels += float(numpy.square(samples, dtype=numpy.float32).mean(axis=1).sum())
        self.mean += float(numpy.square(mean).sum())

    def cancel(self) -> bool:
        """Whether the mean is as good as nothing beside what each channel holds."""
        return self.mean < CANCELLED * self.channels


@contextmanager
def open_recording(source: Source, *, trusted: bool = False, whole: bool = False) -> Iterator[OpenRecording]:
    """The open recording; whatever libsndfile or the file system has against it becomes UnreadableAudio.

    With `trusted`, its header is believed; as a `whole`, nothing may follow it that is not read.
    """
    name = name_source(source)
    with name_errors(name), ExitStack() as stack:
        file = stack.enter_context(open_source(source))
        if not trusted and (kind := describe_content(file)):
            raise UnreadableAudio(f"{name}: it is {kind}")
        streams = [] if trusted else find_streams(file)
        if whole:
            require_single(file)
        # To the end and back: a seek within what is buffered would leave the descriptor where it is.
        size = file.seek(0, io.SEEK_END)
        if not size:
            raise UnreadableAudio(f"{name}: the file is empty")
        if all(stream.is_whole(size) for stream in streams):
            file.seek(0)
            # By descriptor, because libsndfile believes a path's suffix (.raw, .vox, .gsm) more than its content.
            opened: list = [file.fileno() if isinstance(source, str | os.PathLike) else file]
        else:
            opened = [StreamFile(file, stream) for stream in streams]
        parts = [stack.enter_context(OneWay(part, closefd=False)) for part in opened]
        if not LOWEST_RATE <= parts[0].samplerate <= HIGHEST_RATE:
            raise UnreadableAudio(
                f"{name}: its rate is {parts[0].samplerate} Hz, expected {LOWEST_RATE} to {HIGHEST_RATE} Hz"
            )
        if rates := {part.samplerate for part in parts} - {parts[0].samplerate}:
            raise UnreadableAudio(f"{name}: its rate changes from {parts[0].samplerate} to {rates.pop()} Hz: split it")
        if not all(map(soundfile.SoundFile.seekable, parts)):
            raise UnreadableAudio(
                f"{name}: {parts[0].subtype} can only be read from its beginning: convert it to .flac"
            )
        parts = [part for part in parts if part.frames]
        if not parts:
            raise UnreadableAudio(f"{name}: holds no samples")
        yield OpenRecording(parts, name)


@contextmanager
def name_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (soundfile.SoundFileError, Damage, OSError) as error:
        raise UnreadableAudio(f"{name}: {explain(error, name)}") from error


@contextmanager
def open_source(source: Source) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield Memory(source)
    elif isinstance(source, str | os.PathLike):
        # Anything else, such as a pipe, has no length, or waits for somebody.
        if not stat.S_ISREG(os.stat(source).st_mode) and not os.path.isdir(source):
            raise UnreadableAudio(f"{source}: not a file")
        with open(source, "rb") as file:
            yield file
    else:
        source.seek(0)
        yield source


def name_source(source: Source) -> str:
    if isinstance(source, bytes):
        return f"recording of {len(source)} bytes"
    return str(source) if isinstance(source, str | os.PathLike) else str(getattr(source, "name", "recording"))


def explain(error: Exception, name: str) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, Damage):
        return str(error)
    # soundfile says in front of a reason that it was about to open a file.
    problem = "not a recording that can be decoded" if getattr(error, "prefix", "") else "damaged or truncated"
    reason = getattr(error, "error_string", str(error))
    is_other = name.lower().endswith(NOT_READ) or OTHER_CODING.search(reason)
    return f"{problem} ({reason}){': convert it to .flac or .wav' if is_other else ''}"
