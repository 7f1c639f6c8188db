"""Where to cut a long recording: at its silences."""

from pathlib import Path

import torch
from torch import Tensor

from lfsc.audio.recording import AudioInfo

from .corpora.utterance import File
from .rules import Rules

# The loudness is looked at in steps of 20 ms, averaged over 15 of them: a pause, not a closed stop consonant.
STEP_SECONDS, PAUSE_STEPS = 0.02, 15
BLOCK_SECONDS = 600


def find_cuts(source: File, content: Path | bytes, info: AudioInfo, rules: Rules, *, start: int, end: int) -> list[int]:
    """Samples at which pieces begin and end, `start` and `end` included: just these where nothing is to be cut.

    Pieces last from half of max_seconds, or from min_seconds, to max_seconds; only the last can be shorter, and under
    min_seconds only where the pieces before it would be, too.
    """
    if rules.long == "keep" or end - start <= rules.max_seconds * info.sample_rate:
        return [start, end]
    step = round(STEP_SECONDS * info.sample_rate)
    loudness = measure_loudness(source, content, start, end, step)
    shortest = int(rules.min_seconds / STEP_SECONDS) + 1
    longest = max(int(rules.max_seconds / STEP_SECONDS), shortest + 1)
    steps = -(-(end - start) // step)
    edges = [0]
    while steps - edges[-1] > longest:
        first, last = edges[-1] + max(longest // 2, shortest), min(edges[-1] + longest, steps - shortest)
        if first >= last:
            # What is left is no two pieces: one, and a rest that is too short.
            last = edges[-1] + longest
        edges.append(first + int(loudness[first:last].argmin()))
    return [start + edge * step for edge in edges] + [end]


def measure_loudness(source: File, content: Path | bytes, start: int, end: int, step: int) -> Tensor:
    """Mean power [steps] around each step, read in blocks so that a day-long recording fits into memory."""
    block = step * int(BLOCK_SECONDS / STEP_SECONDS)
    power = []
    for place in range(start, end - step, block):
        audio = source.crop(content, place, min(block, end - place)).audio
        power.append(audio[: len(audio) // step * step].view(-1, step).square().mean(dim=1))
    loudness = torch.cat(power)
    averaged = torch.nn.functional.avg_pool1d(loudness[None], PAUSE_STEPS, 1, PAUSE_STEPS // 2, count_include_pad=False)
    return averaged[0]
