"""The baseline that a neural codec must beat: a quantised mel spectrogram at its bitrate, inverted by Griffin-Lim."""

import torch
from torch import Tensor
from torch.nn import functional as F

from lfsc.audio.spectrogram import slaney_mel_filters
from lfsc.audio.with_torchaudio import import_torchaudio
from lfsc.evaluation.codecs.base import Reconstruction, TokenCodec

# 22 bands of 4 bits every 1024 samples: the paper's 88 bits per frame, 1.895 kbps at 22 050 Hz. Of the windows, bands
# and bits tried in that budget these gave the best STOI on speech.
NUM_BANDS, NUM_LEVELS, HOP_LENGTH, N_FFT = 22, 16, 1024, 1024
# Griffin-Lim needs overlapping frames: the decoder puts three between each two.
DENSITY = 4
# Decibels of the mel magnitudes that the levels are spread over.
QUIETEST, LOUDEST = -20.0, 60.0
ITERATIONS = 64


class MelGriffinLim(TokenCodec):
    kind = "griffin-lim"
    codebook_size = NUM_LEVELS

    def __init__(self, *, sample_rate: int, device: str):
        self.sample_rate, self.device = sample_rate, device
        self.frame_rate = sample_rate / HOP_LENGTH
        self.filters = slaney_mel_filters(sample_rate, N_FFT, NUM_BANDS).to(device)
        self.inverse = self.filters.pinverse()
        self.window = torch.hann_window(N_FFT, device=device)
        # Zero phases at the start: random ones would change the result from run to run.
        self.griffin_lim = (
            import_torchaudio()
            .transforms.GriffinLim(
                n_fft=N_FFT, hop_length=HOP_LENGTH // DENSITY, power=1, n_iter=ITERATIONS, rand_init=False
            )
            .to(device)
        )

    @torch.inference_mode()
    def encode_decode(self, audio: Tensor) -> Reconstruction:
        tokens = self.quantize(F.pad(audio, (0, max(0, N_FFT - len(audio)))).to(self.device))
        magnitudes = (self.inverse @ self.dequantize(tokens)).clamp(min=0)
        decoded = F.pad(self.griffin_lim(magnitudes), (0, HOP_LENGTH))[: len(audio)]
        return self.reconstruction(decoded, tokens)

    def quantize(self, audio: Tensor) -> Tensor:
        """Levels [22, frames] of the mel magnitudes in dB."""
        spectrum = torch.stft(audio, N_FFT, HOP_LENGTH, window=self.window, return_complex=True)
        decibels = 20 * (self.filters @ spectrum.abs()).clamp(min=1e-9).log10()
        positions = (decibels - QUIETEST) / (LOUDEST - QUIETEST)
        return (positions * (NUM_LEVELS - 1)).round().clamp(0, NUM_LEVELS - 1).long()

    def dequantize(self, tokens: Tensor) -> Tensor:
        """Mel magnitudes, four frames for each frame of tokens; the lowest level means silence."""
        decibels = QUIETEST + tokens / (NUM_LEVELS - 1) * (LOUDEST - QUIETEST)
        frames = DENSITY * (tokens.shape[1] - 1) + 1
        decibels = F.interpolate(decibels[None], size=frames, mode="linear", align_corners=True)[0]
        return torch.where(decibels > QUIETEST, 10 ** (decibels / 20), 0.0)

    def facts(self) -> dict:
        return super().facts() | {"bitrate": 4 * NUM_BANDS * self.frame_rate}
