"""The one resampler of recordings: for training data, inference and evaluation alike."""

from numbers import Integral

import numpy
import soxr
import torch
from torch import Tensor
from torch.nn import functional as F

# Beyond what 24 bits can hold; on one core thousands of seconds of speech a second.
QUALITY = "VHQ"


def resample(audio: Tensor, *, from_rate: int, to_rate: int) -> Tensor:
    """Audio [..., ceil(T · to_rate / from_rate)] of audio [..., T]; the same tensor where the rates are equal.

    By libsoxr, on the CPU and without gradients; `lfsc.audio.with_torchaudio` has one to train through.
    """
    for rate in (from_rate, to_rate):
        if not isinstance(rate, Integral) or rate < 1:
            raise ValueError(f"a sample rate of {rate!r}: expected a whole number of samples per second, above 0")
    if from_rate == to_rate:
        return audio
    *rows, length = audio.shape
    # libsoxr rounds the new length. Behind the end is silence, so that a little of it may be seen.
    dtype = torch.promote_types(audio.dtype, torch.float32)
    padded = F.pad(audio.detach(), (0, from_rate // to_rate + 1)).to("cpu", dtype)
    columns = numpy.ascontiguousarray(padded.reshape(-1, padded.shape[-1]).T.numpy())
    resampled = torch.from_numpy(soxr.resample(columns, from_rate, to_rate, quality=QUALITY))
    wanted = -(-length * to_rate // from_rate)
    return resampled[:wanted].T.reshape(*rows, wanted).to(audio.device, audio.dtype)
