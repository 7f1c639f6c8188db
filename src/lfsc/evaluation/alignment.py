"""Whether a reconstruction lies where its original lies: as long, not shifted, not upside down."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

MAX_OFFSET = 0.5  # seconds, either way
# A peak elsewhere counts only if it is a likeness at all and clearly better than staying in place: a codec that does
# not keep phases correlates weakly everywhere, and voiced speech with its own periods.
LIKENESS, ADVANTAGE = 0.5, 0.1
# A shift this slight is an offset only in a faithful waveform: Opus at 6 kbps turns phases as if it were 0.1 ms late.
SLIGHT, FAITHFUL = 0.0005, 0.9
ENVELOPE_STEP = 0.005  # seconds
ENVELOPE_LIKENESS, ENVELOPE_ADVANTAGE = 0.6, 0.15
# Envelopes of good codecs may peak a step or two off.
ENVELOPE_MIN_OFFSET = 0.02


class Peak(NamedTuple):
    lag: int  # steps that the reconstruction is late
    value: float  # correlation there
    in_place: float  # and at lag 0


def misalignment(fake: Tensor, real: Tensor, *, sample_rate: int, tolerance: float) -> str:
    """What is wrong in one sentence, "" if nothing; `tolerance` in seconds is what lengths may differ by."""
    return (
        wrong_length(fake, real, sample_rate, tolerance)
        or shifted_or_flipped(fake, real, sample_rate)
        or shifted_envelope(fake, real, sample_rate)
    )


def wrong_length(fake: Tensor, real: Tensor, sample_rate: int, tolerance: float) -> str:
    difference = len(fake) - len(real)
    # Two resamplings may round in different directions.
    if abs(difference) <= max(1, tolerance * sample_rate):
        return ""
    word = "longer" if difference > 0 else "shorter"
    return f"length: {abs(difference)} samples ({milliseconds(abs(difference), sample_rate)}) {word} than the original"


def shifted_or_flipped(fake: Tensor, real: Tensor, sample_rate: int) -> str:
    upright = peak(fake, real, round(MAX_OFFSET * sample_rate))
    flipped = peak(-fake, real, round(MAX_OFFSET * sample_rate))
    if flipped.value > max(LIKENESS, upright.value + ADVANTAGE):
        where = f", and {described(flipped.lag, sample_rate)}" if flipped.lag else ""
        return f"sign: flipped (correlation of the negative {flipped.value:.2f}){where}"
    likeness = FAITHFUL if abs(upright.lag) <= SLIGHT * sample_rate else LIKENESS
    if upright.lag and upright.value > max(likeness, upright.in_place + ADVANTAGE):
        return f"offset: {described(upright.lag, sample_rate)} (correlation {upright.value:.2f})"
    return ""


def shifted_envelope(fake: Tensor, real: Tensor, sample_rate: int) -> str:
    """For codecs that do not keep the waveform: the rise and fall of loudness."""
    step = round(ENVELOPE_STEP * sample_rate)
    if len(real) < 2 * step:
        return ""
    found = peak(envelope(fake, step), envelope(real, step), round(MAX_OFFSET / ENVELOPE_STEP))
    late = abs(found.lag) * ENVELOPE_STEP >= ENVELOPE_MIN_OFFSET
    if late and found.value > max(ENVELOPE_LIKENESS, found.in_place + ENVELOPE_ADVANTAGE):
        return f"offset: about {described(found.lag * step, sample_rate)} (envelopes correlate {found.value:.2f})"
    return ""


def envelope(audio: Tensor, step: int) -> Tensor:
    """The root mean square of each `step` samples, without its mean."""
    blocks = audio[: len(audio) // step * step].view(-1, step).square().mean(dim=1).sqrt()
    return blocks - blocks.mean()


def peak(fake: Tensor, real: Tensor, max_lag: int) -> Peak:
    """The best normalised correlation of two signals [T] within ±`max_lag`."""
    max_lag = min(max_lag, len(real) // 2)
    size = len(fake) + len(real)
    energy = (fake.square().sum() * real.square().sum()).sqrt().clamp(min=1e-12)
    spectra = [torch.fft.rfft(F.pad(x, (0, size - len(x)))) for x in (fake, real)]
    correlation = torch.fft.irfft(spectra[0] * spectra[1].conj(), size).roll(max_lag)[: 2 * max_lag + 1] / energy
    best = int(correlation.argmax())
    return Peak(best - max_lag, float(correlation[best]), float(correlation[max_lag]))


def described(lag: int, sample_rate: int) -> str:
    return f"{abs(lag)} samples ({milliseconds(abs(lag), sample_rate)}) {'late' if lag > 0 else 'early'}"


def milliseconds(samples: int, sample_rate: int) -> str:
    return f"{1000 * samples / sample_rate:.1f} ms"
