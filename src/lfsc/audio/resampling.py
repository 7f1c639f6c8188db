"""The one resampler: for training data, inference and evaluation alike."""

import math
from functools import lru_cache

import torch
from torch import Tensor

# torchaudio's equivalent of resampy's "kaiser_best", the parameters that its documentation lists for highest quality.
LOWPASS_FILTER_WIDTH = 64
ROLLOFF = 0.9475937167399596
BETA = 14.769656459379492
# A quarter of a gigabyte: between 22 050 and every rate in use it is under three megabytes.
MAX_KERNEL_VALUES = 2**26


def resample(audio: Tensor, *, from_rate: int, to_rate: int) -> Tensor:
    """Audio [..., ceil(T · to_rate / from_rate)] of audio [..., T]; the same tensor where the rates are equal.

    Windowed-sinc interpolation with a Kaiser window. Raises ValueError for rates without a common factor to speak of.
    """
    if from_rate == to_rate:
        return audio
    return _resampler(from_rate, to_rate, audio.device)(audio)


# The kernel takes longer to compute than most clips to resample.
@lru_cache(maxsize=32)
def _resampler(from_rate: int, to_rate: int, device: torch.device) -> torch.nn.Module:
    from torchaudio.transforms import Resample

    common = math.gcd(from_rate, to_rate)
    phases, stride = to_rate // common, from_rate // common
    width = 2 * LOWPASS_FILTER_WIDTH * max(1, from_rate / to_rate) / ROLLOFF
    if phases * (stride + width) > MAX_KERNEL_VALUES:
        raise ValueError(f"cannot resample {from_rate} Hz to {to_rate} Hz: their ratio {phases}/{stride} is too fine")
    resampler = Resample(
        from_rate,
        to_rate,
        resampling_method="sinc_interp_kaiser",
        lowpass_filter_width=LOWPASS_FILTER_WIDTH,
        rolloff=ROLLOFF,
        beta=BETA,
    )
    return resampler.to(device)
