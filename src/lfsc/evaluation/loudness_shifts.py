"""What a codec does to the level: of speech that is quieter or louder, and of silence."""

import torch
from torch import Tensor

from lfsc.evaluation.clips import Clip
from lfsc.evaluation.codecs.base import Codec, Files
from lfsc.metrics.loudness import level, loudness_difference
from lfsc.metrics.metric import Audio, Measured, Unmeasurable

# Decibels by which some clips are made quieter or louder, to see whether what comes back follows.
LEVEL_SHIFTS = (-20, -10, 10)
SILENT_SECONDS = 2

Taken = tuple[dict[str, Measured], dict[str, str]]  # numbers, and why some could not be taken


def followed_levels(codec: Codec, clip: Clip, original: Tensor, sample_rate: int) -> Taken:
    """How far the loudness that comes back strays from that of the shifted input, for each shift."""
    measured, unmeasured = {}, {}
    for shift in () if isinstance(codec, Files) else LEVEL_SHIFTS:
        shifted = original * 10 ** (shift / 20)
        try:
            if shifted.abs().max() > 1:
                raise Unmeasurable("shifted so, the clip would pass full scale")
            fake = codec.reconstruct(clip, shifted, sample_rate=sample_rate).audio
            measured[shift_name(shift)] = Measured(loudness_difference(Audio(fake, shifted), sample_rate=sample_rate))
        except Unmeasurable as reason:
            unmeasured[shift_name(shift)] = str(reason)
    return measured, unmeasured


def shift_name(shift: int) -> str:
    return f"loudness_difference_{'minus' if shift < 0 else 'plus'}_{abs(shift)}_db"


def silence_floor(codec: Codec, sample_rate: int) -> float | None:
    """dBFS of what comes back of digital silence; None where it cannot be had: of files, for example."""
    if isinstance(codec, Files):
        return None
    silence = torch.zeros(SILENT_SECONDS * sample_rate)
    try:
        return level(codec.reconstruct(Clip(key="silence", path=None), silence, sample_rate=sample_rate).audio)
    except (ValueError, OSError, RuntimeError):
        return None
