import torch
from torchmetrics.functional.audio import scale_invariant_signal_distortion_ratio

from lfsc.losses.waveform import SISDRLoss, WaveformLoss


def test_si_sdr_agrees_with_torchmetrics():
    real, fake = torch.randn(3, 4000), torch.randn(3, 4000)
    fake = real + 0.3 * fake + 0.1
    expected = scale_invariant_signal_distortion_ratio(fake, real, zero_mean=True).mean()
    torch.testing.assert_close(-SISDRLoss()(fake, real), expected, atol=1e-4, rtol=1e-5)


def test_si_sdr_does_not_hear_the_level():
    real = torch.randn(2, 1000)
    fake = real + torch.randn(2, 1000)
    torch.testing.assert_close(SISDRLoss()(3 * fake, real), SISDRLoss()(fake, real), atol=1e-4, rtol=1e-4)


def test_waveform_is_the_mean_absolute_difference():
    assert WaveformLoss()(torch.ones(2, 4), torch.zeros(2, 4)) == 1
