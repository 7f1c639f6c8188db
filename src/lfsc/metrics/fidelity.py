"""Distances of a waveform and its spectra from the original, one per clip."""

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torchmetrics.functional.audio import scale_invariant_signal_distortion_ratio

from lfsc.audio.spectrogram import MagnitudeSpectrogram, MelSpectrogram
from lfsc.losses.spectral import GUARD
from lfsc.models.lengths import pad_to

# The resolution of the paper's distances, in samples at whatever rate the clips have. Guard, padding and frames are
# the losses': without the guard, mel distances of speech with pauses are some 2 % larger and STFT distances 0.5 %.
N_FFT, HOP_LENGTH, NUM_MELS = 2048, 512, 80
# Mel-cepstral coefficients, as speech synthesis is compared by.
NUM_COEFFICIENTS = 24


class AudioMetric(nn.Module, ABC):
    """One number per clip [B], of fake and real audio [B,T]; samples beyond the clips' `lengths` [B] are ignored."""

    def forward(self, fake: Tensor, real: Tensor, lengths: Tensor | None = None) -> Tensor:
        if fake.shape != real.shape:
            raise ValueError(f"fake audio has shape {list(fake.shape)}, real {list(real.shape)}: they must be equal")
        if lengths is None:
            return self.measure(fake.float(), real.float())
        clips = zip(fake, real, lengths.tolist(), strict=True)
        return torch.cat([self.measure(a[None, :length].float(), b[None, :length].float()) for a, b, length in clips])

    @abstractmethod
    def measure(self, fake: Tensor, real: Tensor) -> Tensor:
        """One number per clip [B], of audio [B,T] without padding."""


class SpectralDistance(AudioMetric):
    """L1 distance of log(1 + magnitude), the mean over bands and frames; shorter clips are zero-padded to a window."""

    def __init__(self, spectrogram: MagnitudeSpectrogram | None = None):
        super().__init__()
        self.spectrogram = spectrogram or MagnitudeSpectrogram(
            n_fft=N_FFT, hop_length=HOP_LENGTH, win_length=N_FFT, guard=GUARD
        )

    def measure(self, fake: Tensor, real: Tensor) -> Tensor:
        return self.distance(*(self.spectrogram(pad_to(audio, self.spectrogram.win_length)) for audio in (fake, real)))

    def distance(self, fake: Tensor, real: Tensor) -> Tensor:
        return (fake.log1p() - real.log1p()).abs().mean(dim=(-2, -1))


class MelDistance(SpectralDistance):
    """The paper's mel distance: 80 bands, with padding, frames and guard as in `MelLoss`."""

    def __init__(self, *, sample_rate: int):
        super().__init__(
            MelSpectrogram(
                sample_rate=sample_rate,
                num_mels=NUM_MELS,
                n_fft=N_FFT,
                hop_length=HOP_LENGTH,
                win_length=N_FFT,
                guard=GUARD,
            )
        )


class STFTDistance(SpectralDistance):
    """The paper's STFT distance: all 1025 bins, with padding, frames and guard as in `STFTLoss`."""


class SISDR(AudioMetric):
    """SI-SDR in dB (arXiv 1811.02508), means removed."""

    def measure(self, fake: Tensor, real: Tensor) -> Tensor:
        return scale_invariant_signal_distortion_ratio(fake, real, zero_mean=True)


class LogSpectralDistance(SpectralDistance):
    """Log-spectral distance in dB (Gray and Markel 1976): the root mean square over bins, averaged over frames."""

    def distance(self, fake: Tensor, real: Tensor) -> Tensor:
        return (20 * (fake / real).log10()).square().mean(dim=-2).sqrt().mean(dim=-1)


class MelCepstralDistortion(AudioMetric):
    """Mel-cepstral distortion in dB (Kubichek 1993): 24 coefficients without the mean, nothing is warped in time.

    The root mean square over mel bands of the difference of levels, as smooth as that many coefficients make it,
    averaged over frames; the overall level does not count.
    """

    dct: Tensor

    def __init__(self, *, sample_rate: int):
        super().__init__()
        window = 1024
        self.mel = MelSpectrogram(
            sample_rate=sample_rate, num_mels=NUM_MELS, n_fft=window, hop_length=256, win_length=window, guard=GUARD
        )
        order = torch.arange(1, NUM_COEFFICIENTS + 1)[:, None]
        place = (torch.arange(NUM_MELS) + 0.5) / NUM_MELS
        # The DCT-II, scaled so that the sum of squares of all coefficients is the mean square over bands.
        self.register_buffer("dct", math.sqrt(2) / NUM_MELS * torch.cos(math.pi * order * place), persistent=False)

    def measure(self, fake: Tensor, real: Tensor) -> Tensor:
        levels = [20 * self.mel(pad_to(audio, self.mel.win_length)).log10() for audio in (fake, real)]
        return (self.dct @ (levels[0] - levels[1])).square().sum(dim=-2).sqrt().mean(dim=-1)


class SpectralConvergence(SpectralDistance):
    """Frobenius norm of the difference of magnitudes, divided by that of the original's (Arik et al. 2018)."""

    def distance(self, fake: Tensor, real: Tensor) -> Tensor:
        return (fake - real).norm(dim=(-2, -1)) / real.norm(dim=(-2, -1))
