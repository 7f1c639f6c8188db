"""Recordings as a codec takes them: mono, resampled once, with what is wrong with them said."""

from collections import Counter
from typing import NamedTuple

from torch import Tensor

from lfsc.audio import files
from lfsc.audio.quality import find_complaints, gain_to, is_too_low
from lfsc.audio.resampling import resample
from lfsc.commands.file_jobs import Job
from lfsc.commands.progress import Progress
from lfsc.io.messages import say_count


class Loaded(NamedTuple):
    audio: Tensor  # [T] at the codec's rate
    gain_db: float


class Recordings:
    """Loads recordings at `sample_rate`, at RMS `level` in dB if there is one, and counts what it had to resample."""

    def __init__(self, *, sample_rate: int, level: float | None = None):
        self.sample_rate = sample_rate
        self.level = level
        self.rates: Counter[int] = Counter()

    def load(self, job: Job, progress: Progress) -> Loaded:
        audio, rate = files.read(job.read())
        if found := find_complaints(audio, sample_rate=rate, codec_rate=self.sample_rate):
            progress.note(f"warning: {job.name}: {'; '.join(found)}")
        if rate != self.sample_rate:
            self.rates[rate] += 1
        audio = resample(audio, from_rate=rate, to_rate=self.sample_rate)
        if self.level is None:
            return Loaded(audio, 0.0)
        gain = gain_to(self.level, audio)
        progress.note(f"{job.name}: {gain:+.1f} dB to a level of {self.level:g} dB")
        return Loaded(audio * 10 ** (gain / 20), gain)

    def note(self, progress: Progress) -> None:
        for rate, count in sorted(self.rates.items()):
            line = f"resampled {say_count(count, 'file')} from {rate} to {self.sample_rate} Hz"
            if is_too_low(rate, self.sample_rate):
                line += f"; there is nothing above {rate / 2000:g} kHz in {'it' if count == 1 else 'them'}"
            progress.note(line)
