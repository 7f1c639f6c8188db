"""What a codec does to the level: of speech that is quieter or louder, and of silence."""

import torch
from torch import Tensor

from lfsc.evaluation.clips import Clip
from lfsc.evaluation.codecs import Codec, Files
from lfsc.metrics.level import level, loudness_difference
from lfsc.metrics.metric import Audio, Measured, Unmeasurable

# Decibels by which some clips are made quieter or louder, to see whether what comes back follows.
LEVEL_SHIFTS = (-20, -10, 10)
SILENT_SECONDS = 2


def followed_levels(codec: Codec, clip: Clip, original: Tensor, sample_rate: int) -> dict[str, Measured]:
    """How far the loudness that comes back strays from that of the shifted input; none where the shift would clip."""
    measured = {}
    for shift in () if isinstance(codec, Files) else LEVEL_SHIFTS:
        shifted = original * 10 ** (shift / 20)
        if shifted.abs().max() > 1:
            continue
        fake = codec.reconstruct(clip, shifted, sample_rate=sample_rate).audio
        try:
            difference = loudness_difference(Audio(fake, shifted), sample_rate=sample_rate)
        except Unmeasurable:
            continue
        measured[shift_name(shift)] = Measured(difference)
    return measured


def shift_name(shift: int) -> str:
    return f"loudness_difference_{'minus' if shift < 0 else 'plus'}_{abs(shift)}_db"


def silence_floor(codec: Codec, sample_rate: int) -> float | None:
    """dBFS of what comes back of digital silence; None for files, which cannot be asked."""
    if isinstance(codec, Files):
        return None
    silence = torch.zeros(SILENT_SECONDS * sample_rate)
    return level(codec.reconstruct(Clip(key="silence", path=None), silence, sample_rate=sample_rate).audio)
