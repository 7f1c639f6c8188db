"""What the samples of a run sound like, in numbers and in words."""

from pathlib import Path
from statistics import mean

import torch

from lfsc.audio import files
from lfsc.io.messages import say_count
from lfsc.metrics.intelligibility import INTELLIGIBILITY_RATE, stoi
from lfsc.metrics.metric import Pair
from lfsc.runs.directory import Run

# What is said of samples up to an ESTOI. A cautious guide; no panel of listeners was asked.
WORDS = (
    (0.2, "the speech cannot be recognized"),
    (0.35, "rhythm and syllables follow the original, words do not come through"),
    (0.5, "rhythm, syllables and vowels follow the original; some words come through beside it"),
    (0.65, "many words come through, with audible damage"),
    (1.0, "most words come through"),
)


def describe_samples(run: Run) -> list[str]:
    """Lines on the newest samples of a run beside their originals; none where no sample can be measured."""
    newest = max(run.samples.glob("update-*"), default=None)
    if newest is None:
        return []
    try:
        values = [measure(path, newest / path.name) for path in sorted((run.samples / "original").glob("*.wav"))]
    except ModuleNotFoundError:
        return ["samples:     `pip install 'lfsc[evaluate]'` measures how well they can be understood"]
    measured = [value for value in values if value is not None]
    if not measured:
        return []
    plain, extended = (mean(numbers) for numbers in zip(*measured, strict=True))
    words = next(words for bound, words in WORDS if extended <= bound)
    clips = say_count(len(measured), "held-out clip")
    return [f"samples:     STOI {plain:.2f}, ESTOI {extended:.2f} over {clips}: {words}"]


def measure(original: Path, reconstruction: Path) -> tuple[float, float] | None:
    """STOI and ESTOI of a reconstruction; None where one file is missing or damaged, or the clip cannot be measured."""
    if not reconstruction.is_file():
        return None
    rate = INTELLIGIBILITY_RATE
    try:
        real, fake = (torch.as_tensor(files.load(path, sample_rate=rate)) for path in (original, reconstruction))
        audio = Pair(fake=fake, real=real, sample_rate=rate).at(rate)
        return stoi(audio, extended=False), stoi(audio, extended=True)
    except ValueError:  # of UnreadableAudio, Unmeasurable, or a pair of two lengths
        return None
