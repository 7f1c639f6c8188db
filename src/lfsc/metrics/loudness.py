"""Loudness and level of the reconstruction beside the original's, in speech and in pauses."""

import math

import torch
from torch import Tensor

from lfsc.audio.with_torchaudio import import_torchaudio
from lfsc.metrics.metric import Audio, Unmeasurable

LOUDNESS_BLOCK = 0.4  # seconds (ITU-R BS.1770-4)
HEADROOM = 0.25
SILENCE = -120.0  # dBFS, the level of digital silence
PAUSE_BLOCK = 0.05  # seconds
PAUSE_FRACTION = 0.1


def loudness(audio: Tensor, *, sample_rate: int) -> float:
    """LUFS of audio [T] (ITU-R BS.1770-4), gated."""
    if len(audio) < LOUDNESS_BLOCK * sample_rate:
        raise Unmeasurable(f"shorter than a loudness block of {LOUDNESS_BLOCK} s")
    # torchaudio clips at full scale after its shelf of +4 dB, which would make loud clips up to 0.01 LU quieter.
    gain = min(1.0, HEADROOM / max(float(audio.abs().max()), 1e-12))
    measure = import_torchaudio().functional.loudness
    measured = float(measure(gain * audio[None].double(), sample_rate)) - 20 * math.log10(gain)
    if not -70 <= measured <= 20:
        raise Unmeasurable("quieter than the gate of -70 LUFS")
    return measured


def loudness_difference(audio: Audio, *, sample_rate: int) -> float:
    """Loudness units (LU) by which the reconstruction is louder than the original."""
    return loudness(audio.fake, sample_rate=sample_rate) - loudness(audio.real, sample_rate=sample_rate)


def rms_level(audio: Tensor) -> float:
    """Root mean square of audio [T] in dB below full scale, no less than -120."""
    power = float(audio.double().square().mean())
    return max(SILENCE, 10 * torch.tensor(power, dtype=torch.float64).log10().item()) if power > 0 else SILENCE


def pause_level_difference(audio: Audio, *, sample_rate: int) -> float:
    """dB by which the reconstruction is louder than the original in the original's quietest tenth (blocks of 50 ms)."""
    size = round(PAUSE_BLOCK * sample_rate)
    blocks = audio.real[: len(audio.real) // size * size].view(-1, size)
    count = int(PAUSE_FRACTION * len(blocks))
    if count == 0:
        raise Unmeasurable(f"shorter than {PAUSE_BLOCK / PAUSE_FRACTION} s")
    quietest = blocks.square().mean(dim=1).argsort()[:count]
    in_pauses = [source[: blocks.numel()].view(-1, size)[quietest].flatten() for source in audio]
    return rms_level(in_pauses[0]) - rms_level(in_pauses[1])
