"""How far up a recording's spectrum really goes, which its sample rate does not tell."""

import torch
from torch import Tensor

BAND = 250
# 55 dB under the strongest band: speech still has that much at 10 kHz; the noise and the aliases of a recording
# that was upsampled, or coded to 8 kHz, lie below it.
FLOOR = 10**-5.5


def measure_bandwidth(audio: Tensor, *, sample_rate: int) -> float:
    """Upper edge in Hz, in steps of 250, of the highest band of audio [T] that holds energy; 0 for silence."""
    size = sample_rate // 25
    if len(audio) < size:
        audio = torch.nn.functional.pad(audio, (0, size - len(audio)))
    window = torch.hann_window(size, device=audio.device)
    spectrum = torch.stft(audio, size, size // 2, window=window, center=False, return_complex=True)
    power = spectrum.abs().square().mean(dim=1)
    bands = (torch.arange(len(power), device=audio.device) * sample_rate / size / BAND).ceil().long()
    energy = torch.zeros(int(bands.max()) + 1, device=audio.device).index_add_(0, bands, power)[1:]
    loud = (energy > FLOOR * energy.max()).nonzero()
    return min((int(loud.max()) + 1) * BAND, sample_rate / 2) if len(loud) else 0.0
