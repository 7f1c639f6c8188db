"""Crops of a clip, decoded without the rest."""

from random import Random
from typing import BinaryIO, NamedTuple

import numpy
from numpy.typing import NDArray

from lfsc.audio.files import probe, read, read_rows
from lfsc.audio.recording import AudioInfo, UnreadableAudio
from lfsc.data.batch import SilentCrop, UnusableClip


class Crops(NamedTuple):
    """`audio` [N,T] float32, rows zero-padded at their end; `lengths` of what is audio."""

    audio: NDArray[numpy.float32]
    lengths: list[int]


class Cropper:
    """Cuts `count` crops of `length` samples (None for the whole clip) at places drawn from a seed."""

    def __init__(self, *, sample_rate: int, length: int | None, count: int = 1, min_duration: float):
        self.sample_rate = sample_rate
        self.length = length
        self.count = count
        self.min_duration = min_duration

    def __call__(self, encoded: bytes | BinaryIO, *, seed: str) -> Crops:
        """Crops of a FLAC or WAV file, always the same for a seed; UnusableClip says why there are none."""
        random = Random(seed)
        try:
            audio = numpy.zeros((self.count, self.length or probe(encoded).num_samples), dtype=numpy.float32)
            lengths = read_rows(encoded, audio, starts=lambda info: self.starts(info, random))
            if not audio.any():
                raise SilentCrop("silent where it was cut") if read(encoded).audio.any() else UnusableClip("silent")
        except UnreadableAudio as error:
            raise UnusableClip(str(error).partition(": ")[2]) from error
        return Crops(audio, lengths)

    def starts(self, info: AudioInfo, random: Random) -> list[int]:
        if info.sample_rate != self.sample_rate:
            raise UnusableClip(f"at {info.sample_rate} Hz, not {self.sample_rate} Hz")
        if info.num_samples < self.min_duration * self.sample_rate:
            raise UnusableClip(f"shorter than data.min_duration={self.min_duration}")
        spare = max(0, info.num_samples - (self.length or info.num_samples))
        return [random.randint(0, spare) for _ in range(self.count)]
