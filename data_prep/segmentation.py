"""Where to cut a long recording: at its silences."""

from pathlib import Path

import torch
from torch import Tensor

from lfsc.audio import files
from lfsc.audio.files import AudioInfo

from .filters import Rules

# The loudness is looked at in steps of 20 ms, averaged over 15 of them: a pause, not a closed stop consonant.
STEP_SECONDS, PAUSE_STEPS = 0.02, 15
BLOCK_SECONDS = 600


def cuts(content: Path | bytes, info: AudioInfo, rules: Rules) -> list[int]:
    """Samples at which pieces begin and end, 0 and the length included: just these where nothing is to be cut.

    Pieces last from half of max_seconds to the whole; only the last can be shorter, and never under min_seconds.
    """
    if rules.long == "keep" or info.num_samples <= rules.max_seconds * info.sample_rate:
        return [0, info.num_samples]
    step = round(STEP_SECONDS * info.sample_rate)
    loudness = _loudness(content, info, step)
    longest = int(rules.max_seconds / STEP_SECONDS)
    shortest = int(rules.min_seconds / STEP_SECONDS) + 1
    steps = -(-info.num_samples // step)
    edges = [0]
    while steps - edges[-1] > longest:
        first, last = edges[-1] + longest // 2, min(edges[-1] + longest, steps - shortest)
        edges.append(first + int(loudness[first:last].argmin()))
    return [edge * step for edge in edges] + [info.num_samples]


def _loudness(content: Path | bytes, info: AudioInfo, step: int) -> Tensor:
    """Mean power [steps] around each step, read in blocks so that a day-long recording fits into memory."""
    block = step * int(BLOCK_SECONDS / STEP_SECONDS)
    power = []
    for start in range(0, info.num_samples - step, block):
        audio = files.read(content, start=start, num_samples=block).audio
        power.append(audio[: len(audio) // step * step].view(-1, step).square().mean(dim=1))
    loudness = torch.cat(power)
    averaged = torch.nn.functional.avg_pool1d(loudness[None], PAUSE_STEPS, 1, PAUSE_STEPS // 2, count_include_pad=False)
    return averaged[0]
