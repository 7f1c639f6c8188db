"""Distances of waveforms."""

from torch import Tensor, nn


class WaveformLoss(nn.L1Loss):
    """Mean |fake − real| of audio [B,T]."""


class SISDRLoss(nn.Module):
    """−SI-SDR in dB of fake audio [B,T] against real (arXiv 1811.02508), means removed, averaged over clips."""

    EPS = 1e-8

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        fake = fake - fake.mean(dim=-1, keepdim=True)
        real = real - real.mean(dim=-1, keepdim=True)
        scale = (fake * real).sum(-1, keepdim=True) / (real.square().sum(-1, keepdim=True) + self.EPS)
        target = scale * real
        ratio = target.square().sum(-1) / ((fake - target).square().sum(-1) + self.EPS)
        return -10 * (ratio + self.EPS).log10().mean()
