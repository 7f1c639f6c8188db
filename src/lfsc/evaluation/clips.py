"""A clip of a test set, and how it is loaded: whole or a part, from a file or out of a shard."""

from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from lfsc.audio import files
from lfsc.audio.bandwidth import measure_bandwidth
from lfsc.audio.files import Recording
from lfsc.audio.parts import WHOLE, Part
from lfsc.audio.resampling import resample
from lfsc.io.file_slice import read_slice

# Upper edges in Hz under which a recording's spectrum ends like that of one made at 8 or 16 kHz.
BANDS = ((4300, "8 kHz"), (8600, "16 kHz"))


class Original(NamedTuple):
    audio: Tensor  # [T] at the protocol's rate
    source_rate: int
    bandwidth: str  # "full", "16 kHz" or "8 kHz": the narrowest usual rate that holds all of its spectrum


class Clip(NamedTuple):
    key: str
    path: Path
    language: str = ""
    speaker: str = ""
    corpus: str = ""
    text: str = ""
    span: tuple[int, int] | None = None  # first byte and number of bytes, in a shard
    fault: str = ""  # why it cannot be loaded, where that is known beforehand
    part: Part = WHOLE

    def load(self, sample_rate: int) -> Original:
        """The clip, mono, resampled once. Raises UnreadableAudio, and ValueError where it is silent or at fault."""
        if self.fault:
            raise ValueError(self.fault)
        recording = self.read()
        if not recording.audio.any():
            raise ValueError("digital silence throughout")
        edge = measure_bandwidth(recording.audio, sample_rate=recording.sample_rate)
        audio = resample(recording.audio, from_rate=recording.sample_rate, to_rate=sample_rate)
        return Original(audio, recording.sample_rate, bandwidth_label(edge))

    def read(self) -> Recording:
        """The clip as it was recorded."""
        source = self.path if self.span is None else read_slice(self.path, *self.span)
        if self.part == WHOLE:
            return files.read(source)
        start, num_samples = self.part.samples(files.probe(source))
        return files.read(source, start=start, num_samples=num_samples, channel=self.part.channel)


def bandwidth_label(edge: float) -> str:
    return next((name for limit, name in BANDS if edge <= limit), "full")
