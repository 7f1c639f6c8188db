"""Crops of a clip, decoded from its bytes without the rest."""

from random import Random
from typing import NamedTuple

import torch
from torch import Tensor

from ..audio.files import AudioInfo, UnreadableAudio, read_crops
from .batch import UnusableClip


class Crops(NamedTuple):
    """`audio` [N,T], rows zero-padded at their end; `lengths` [N] of what is audio."""

    audio: Tensor
    lengths: Tensor


class Cropper:
    """Cuts `count` crops of `length` samples (the whole clip if None) where a random generator says."""

    def __init__(self, *, sample_rate: int, length: int | None, count: int = 1, min_seconds: float):
        self.sample_rate = sample_rate
        self.length = length
        self.count = count
        self.min_seconds = min_seconds

    def __call__(self, encoded: bytes, *, seed: str) -> Crops:
        """Crops of a FLAC or WAV file's bytes, always the same for a seed; UnusableClip says why there are none."""
        random = Random(seed)
        try:
            recordings = read_crops(encoded, starts=lambda info: self.starts(info, random), num_samples=self.length)
        except UnreadableAudio as error:
            raise UnusableClip(str(error).partition(": ")[2]) from error
        rows = [recording.audio for recording in recordings]
        lengths = torch.tensor([len(row) for row in rows])
        audio = torch.stack([self.padded(row) for row in rows])
        if not audio.any():
            raise UnusableClip("silent")
        return Crops(audio, lengths)

    def starts(self, info: AudioInfo, random: Random) -> list[int]:
        if info.sample_rate != self.sample_rate:
            raise UnusableClip(f"at {info.sample_rate} Hz, not {self.sample_rate} Hz")
        if info.num_samples < self.min_seconds * self.sample_rate:
            raise UnusableClip(f"shorter than {self.min_seconds} s")
        spare = 0 if self.length is None else max(0, info.num_samples - self.length)
        return [random.randint(0, spare) for _ in range(self.count)]

    def padded(self, row: Tensor) -> Tensor:
        missing = 0 if self.length is None else self.length - len(row)
        return torch.nn.functional.pad(row, (0, missing)) if missing else row
