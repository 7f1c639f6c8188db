"""Spectrograms, in float32 whatever the autocast."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lfsc.nn.reflection import reflect

# Slaney's scale (Auditory Toolbox, 1998): linear to 1 kHz at 200/3 Hz a mel, then 27 mels to a factor of 6.4.
BREAK_HERTZ, HERTZ_PER_MEL = 1000.0, 200 / 3
BREAK_MEL = BREAK_HERTZ / HERTZ_PER_MEL
MELS_PER_NEPER = 27 / torch.log(torch.tensor(6.4, dtype=torch.float64))


class Spectrogram(nn.Module):
    """Complex STFT [B, n_fft/2+1, frames] of audio [B,T] under a symmetric Hann window, centred."""

    window: Tensor

    def __init__(self, *, n_fft: int, hop_length: int, win_length: int, pad_mode: str = "reflect", normalized=False):
        super().__init__()
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.win_length = win_length
        self.pad_mode = pad_mode
        self.normalized = normalized
        self.register_buffer("window", torch.hann_window(win_length, periodic=False), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        with torch.autocast(audio.device.type, enabled=False):
            return torch.stft(
                self.pad(audio.float()),
                n_fft=self.n_fft,
                hop_length=self.hop_length,
                win_length=self.win_length,
                window=self.window,
                center=False,
                normalized=self.normalized,
                return_complex=True,
            )

    def pad(self, audio: Tensor) -> Tensor:
        # Not by torch.stft: the gradient of its reflection is not deterministic on a GPU.
        pad = self.n_fft // 2
        if self.pad_mode == "reflect":
            return reflect(audio[:, None], pad).squeeze(1)
        return F.pad(audio, (pad, pad), mode=self.pad_mode)


class MagnitudeSpectrogram(Spectrogram):
    """Magnitudes [B, n_fft/2+1, frames]; `guard` is added under the root, where its gradient would be infinite."""

    def __init__(self, *, guard: float = 0.0, **stft):
        super().__init__(**stft)
        self.guard = guard

    def forward(self, audio: Tensor) -> Tensor:
        spectrum = torch.view_as_real(super().forward(audio))
        return (spectrum.square().sum(dim=-1) + self.guard).sqrt()


class MelSpectrogram(MagnitudeSpectrogram):
    """Mel magnitudes [B, num_mels, T // hop]: the frame centred on the end of the audio is left out."""

    filters: Tensor

    def __init__(self, *, sample_rate: int, num_mels: int, n_fft: int, hop_length: int, win_length: int, guard: float):
        super().__init__(n_fft=n_fft, hop_length=hop_length, win_length=win_length, guard=guard, pad_mode="constant")
        filters = slaney_mel_filters(sample_rate, n_fft, num_mels)
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        magnitudes = super().forward(audio)[..., : audio.shape[-1] // self.hop_length]
        with torch.autocast(audio.device.type, enabled=False):
            return self.filters @ magnitudes


def slaney_mel_filters(sample_rate: int, n_fft: int, num_mels: int) -> Tensor:
    """Triangular filters [num_mels, n_fft/2+1] from 0 to half the sample rate, of height 1 (librosa's, norm=None)."""
    hertz = torch.linspace(0, sample_rate / 2, n_fft // 2 + 1, dtype=torch.float64)
    top = mel_of_hertz(torch.tensor(sample_rate / 2, dtype=torch.float64))
    edges = hertz_of_mel(torch.linspace(0, float(top), num_mels + 2, dtype=torch.float64))
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    return torch.minimum(rising, falling).clamp(min=0).float()


def mel_of_hertz(hertz: Tensor) -> Tensor:
    logarithmic = BREAK_MEL + (hertz.clamp(min=BREAK_HERTZ) / BREAK_HERTZ).log() * MELS_PER_NEPER
    return torch.where(hertz < BREAK_HERTZ, hertz / HERTZ_PER_MEL, logarithmic)


def hertz_of_mel(mel: Tensor) -> Tensor:
    logarithmic = BREAK_HERTZ * ((mel - BREAK_MEL) / MELS_PER_NEPER).exp()
    return torch.where(mel < BREAK_MEL, mel * HERTZ_PER_MEL, logarithmic)
