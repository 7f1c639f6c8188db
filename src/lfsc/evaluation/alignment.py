"""Whether a reconstruction lies where its original lies: as long, not shifted, not inverted."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

MAX_OFFSET = 0.5  # seconds, either way
# In seconds. The few periods of a shorter clip resemble others a little off, or with their sign flipped.
MIN_DURATION = 0.5
# A peak elsewhere counts only if it is similar at all and clearly better than no offset: a codec that does
# not keep phases correlates weakly everywhere, and voiced speech with its own periods.
SIMILARITY, MARGIN = 0.5, 0.1
# A shift this slight is an offset only in a nearly identical waveform: Opus at 6 kbps changes phases as if it were
# 0.1 ms late.
SLIGHT, NEAR_IDENTICAL = 0.0005, 0.9
ENVELOPE_STEP = 0.005  # seconds
ENVELOPE_SIMILARITY, ENVELOPE_MARGIN = 0.6, 0.15
# Envelopes of good codecs may peak a step or two off.
ENVELOPE_MIN_OFFSET = 0.02


class Peak(NamedTuple):
    lag: int  # steps that the reconstruction is late
    value: float  # correlation there
    in_place: float  # and at lag 0


def find_misalignment(fake: Tensor, real: Tensor, *, sample_rate: int, tolerance: float) -> str:
    """The problem in one sentence, "" if there is none; `tolerance` in seconds is what lengths may differ by."""
    problem = find_wrong_length(fake, real, sample_rate, tolerance)
    if problem or len(real) < MIN_DURATION * sample_rate:
        return problem
    return find_offset_or_sign(fake, real, sample_rate) or find_envelope_offset(fake, real, sample_rate)


def find_wrong_length(fake: Tensor, real: Tensor, sample_rate: int, tolerance: float) -> str:
    difference = len(fake) - len(real)
    # Two resamplings may round in different directions.
    if abs(difference) <= max(1, tolerance * sample_rate):
        return ""
    word = "longer" if difference > 0 else "shorter"
    duration = in_milliseconds(abs(difference), sample_rate)
    return f"length: {abs(difference)} samples ({duration}) {word} than the original"


def find_offset_or_sign(fake: Tensor, real: Tensor, sample_rate: int) -> str:
    upright = find_peak(fake, real, round(MAX_OFFSET * sample_rate))
    flipped = find_peak(-fake, real, round(MAX_OFFSET * sample_rate))
    if flipped.value > max(SIMILARITY, upright.value + MARGIN):
        where = f", and {describe_lag(flipped.lag, sample_rate)}" if flipped.lag else ""
        return f"sign: flipped (correlation of the negative {flipped.value:.2f}){where}"
    threshold = NEAR_IDENTICAL if abs(upright.lag) <= SLIGHT * sample_rate else SIMILARITY
    if upright.lag and upright.value > max(threshold, upright.in_place + MARGIN):
        return f"offset: {describe_lag(upright.lag, sample_rate)} (correlation {upright.value:.2f})"
    return ""


def find_envelope_offset(fake: Tensor, real: Tensor, sample_rate: int) -> str:
    """For codecs that do not keep the waveform: the rise and fall of loudness."""
    step = round(ENVELOPE_STEP * sample_rate)
    found = find_peak(envelope(fake, step), envelope(real, step), round(MAX_OFFSET / ENVELOPE_STEP))
    late = abs(found.lag) * ENVELOPE_STEP >= ENVELOPE_MIN_OFFSET
    if late and found.value > max(ENVELOPE_SIMILARITY, found.in_place + ENVELOPE_MARGIN):
        return f"offset: about {describe_lag(found.lag * step, sample_rate)} (envelopes correlate {found.value:.2f})"
    return ""


def envelope(audio: Tensor, step: int) -> Tensor:
    """The root mean square of each `step` samples, without its mean."""
    blocks = audio[: len(audio) // step * step].view(-1, step).square().mean(dim=1).sqrt()
    return blocks - blocks.mean()


def find_peak(fake: Tensor, real: Tensor, max_lag: int) -> Peak:
    """The best normalised correlation of two signals [T] within ±`max_lag`."""
    max_lag = min(max_lag, len(real) // 2)
    size = len(fake) + len(real)
    energy = (fake.square().sum() * real.square().sum()).sqrt().clamp(min=1e-12)
    spectra = [torch.fft.rfft(F.pad(x, (0, size - len(x)))) for x in (fake, real)]
    correlation = torch.fft.irfft(spectra[0] * spectra[1].conj(), size).roll(max_lag)[: 2 * max_lag + 1] / energy
    best = int(correlation.argmax())
    return Peak(best - max_lag, float(correlation[best]), float(correlation[max_lag]))


def describe_lag(lag: int, sample_rate: int) -> str:
    return f"{abs(lag)} samples ({in_milliseconds(abs(lag), sample_rate)}) {'late' if lag > 0 else 'early'}"


def in_milliseconds(samples: int, sample_rate: int) -> str:
    return f"{1000 * samples / sample_rate:.1f} ms"
