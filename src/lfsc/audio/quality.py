"""What in a recording a codec cannot make good, said in words."""

from math import log10

from torch import Tensor

from lfsc.audio.bandwidth import measure_bandwidth
from lfsc.audio.clipping import measure_clipping

# A fraction of the codec's band. Full-band speech measured 86 % and more, that of 16 kHz recordings 73 % at most.
FULL_BAND = 0.82
# Hz. Telephone speech ends at 4000, of which a resampler leaves a little above; no other speech measured under 5250.
NARROW = 4500
CLIPPED_SHARE = 1e-3
# RMS in dB below full scale. Speech is recorded at -30 to -14.
QUIETEST, LOUDEST = -45.0, -6.0
SECONDS_AT_ONCE = 60


def find_complaints(audio: Tensor, *, sample_rate: int, codec_rate: int) -> list[str]:
    """What is wrong with audio [T], as it was recorded, for a codec at `codec_rate`; nothing if all is well."""
    found = (describe_band(audio, sample_rate, codec_rate), describe_clipping(audio), describe_level(audio))
    return [complaint for complaint in found if complaint]


def is_too_low(sample_rate: int, codec_rate: int) -> bool:
    """Whether recordings of this rate lack so much of the codec's band that it should be said: once for all of them."""
    return sample_rate < FULL_BAND * codec_rate


def describe_band(audio: Tensor, sample_rate: int, codec_rate: int) -> str | None:
    if is_too_low(sample_rate, codec_rate):
        return None
    band = codec_rate / 2
    edge = 0.0
    for part in audio.split(SECONDS_AT_ONCE * sample_rate):
        edge = max(edge, measure_bandwidth(part, sample_rate=sample_rate))
        if edge >= FULL_BAND * band:
            return None
    if edge == 0:
        return None
    return f"nothing above {edge / 1000:g} of the codec's {band / 1000:g} kHz, though its rate is {sample_rate} Hz"


def describe_clipping(audio: Tensor) -> str | None:
    share, peak = measure_clipping(audio)
    return f"clipped: {share:.1%} of its samples are flat at {peak:.2f}" if share > CLIPPED_SHARE else None


def describe_level(audio: Tensor) -> str | None:
    level = level_of(audio)
    if level is None:
        return "digital silence throughout"
    if QUIETEST <= level <= LOUDEST:
        return None
    return f"far too {'quiet' if level < QUIETEST else 'loud'}: {level:.0f} dB RMS, speech is recorded at -30 to -14"


def level_of(audio: Tensor) -> float | None:
    """Root mean square of audio [T] in dB relative to full scale; None for digital silence."""
    power = float(audio.square().mean())
    return 10 * log10(power) if power > 0 else None


def gain_to(level: float, audio: Tensor) -> float:
    """The dB by which audio [T] is to be made louder to be at `level`, fewer where it would leave the range -1…1."""
    found = level_of(audio)
    if found is None:
        return 0.0
    return min(level - found, -20 * log10(float(audio.abs().max())))
