"""What a codec does to the level: of speech that is quieter or louder, and of silence."""

import torch
from torch import Tensor

from lfsc.evaluation.codecs.base import Codec, ReconstructionFolder
from lfsc.io.messages import first_line
from lfsc.metrics.loudness import loudness_difference, rms_level
from lfsc.metrics.metric import Audio, Measurement, Measurements, Unmeasurable

# Decibels by which some clips are made quieter or louder, to see whether the reconstruction follows.
LEVEL_SHIFTS = (-20, -10, 10)
SILENT_SECONDS = 2


def measure_loudness_shifts(codec: Codec, key: str, original: Tensor, sample_rate: int) -> Measurements:
    """How far the loudness of the reconstruction is from that of the shifted input, for each shift."""
    metrics, unmeasured = {}, {}
    for shift in () if isinstance(codec, ReconstructionFolder) else LEVEL_SHIFTS:
        shifted = original * 10 ** (shift / 20)
        try:
            if shifted.abs().max() > 1:
                raise Unmeasurable("with this shift the clip would exceed full scale")
            fake = codec.reconstruct(key, shifted, sample_rate=sample_rate).audio
            difference = loudness_difference(Audio(fake, shifted), sample_rate=sample_rate)
            metrics[shift_name(shift)] = Measurement(difference)
        except (ValueError, OSError, RuntimeError) as error:
            unmeasured[shift_name(shift)] = first_line(error)
    return Measurements(metrics, unmeasured)


def shift_name(shift: int) -> str:
    return f"loudness_difference_{'minus' if shift < 0 else 'plus'}_{abs(shift)}_db"


def silence_floor(codec: Codec, sample_rate: int) -> float | None:
    """dBFS of the reconstruction of digital silence; None where there is none: from a folder, for example."""
    if isinstance(codec, ReconstructionFolder):
        return None
    silence = torch.zeros(SILENT_SECONDS * sample_rate)
    try:
        return rms_level(codec.reconstruct("silence", silence, sample_rate=sample_rate).audio)
    except (ValueError, OSError, RuntimeError):
        return None
