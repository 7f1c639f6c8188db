import pytest
import torch
from oracles import mel_distance, stft_distance
from torchmetrics.audio import ScaleInvariantSignalDistortionRatio

from lfsc.losses.spectral import MelLoss, STFTLoss
from lfsc.losses.waveform import SISDRLoss
from lfsc.metrics.fidelity import (
    SISDR,
    LogSpectralDistance,
    MelCepstralDistortion,
    MelDistance,
    SpectralConvergence,
    STFTDistance,
)

RATE = 22050


@pytest.fixture
def clips() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    real = 0.3 * torch.randn(3, 7000, generator=generator) + 0.05
    return 0.7 * real + 0.1 * torch.randn(3, 7000, generator=generator), real


def test_distances_agree_with_the_formula_in_float64(clips):
    fake, real = clips
    for index in range(3):
        a, b = fake[index].double().numpy(), real[index].double().numpy()
        stft, mel = STFTDistance()(fake, real)[index], MelDistance(sample_rate=RATE)(fake, real)[index]
        assert float(stft) == pytest.approx(stft_distance(a, b), rel=1e-5)
        assert float(mel) == pytest.approx(mel_distance(a, b, RATE), rel=1e-4)


def test_distances_are_the_losses_at_one_resolution(clips):
    resolution = [[2048, 512, 2048]]
    mel_loss = MelLoss(sample_rate=RATE, resolutions=resolution, num_mels=[80])
    assert torch.allclose(MelDistance(sample_rate=RATE)(*clips).mean(), mel_loss(*clips))
    assert torch.allclose(STFTDistance()(*clips).mean(), STFTLoss(resolutions=resolution)(*clips))


def test_si_sdr_agrees_with_torchmetrics_and_the_loss(clips):
    oracle = ScaleInvariantSignalDistortionRatio(zero_mean=True)
    ours = SISDR()(*clips)
    assert torch.allclose(ours.mean(), oracle(*clips), atol=1e-5)
    assert torch.allclose(-ours.mean(), SISDRLoss()(*clips), atol=1e-4)


def test_si_sdr_ignores_gain_and_offset(clips):
    fake, real = clips
    assert torch.allclose(SISDR()(fake, real), SISDR()(0.3 * fake + 0.2, real), atol=1e-3)


@pytest.mark.parametrize("metric", [MelDistance(sample_rate=RATE), STFTDistance(), SISDR()])
def test_padding_of_a_batch_is_ignored(clips, metric):
    fake, real = clips
    lengths = torch.tensor([7000, 5001, 300])
    batched = metric(fake, real, lengths)
    for index, length in enumerate(lengths.tolist()):
        alone = metric(fake[index : index + 1, :length], real[index : index + 1, :length])
        assert torch.equal(batched[index], alone[0])


@pytest.mark.parametrize("length", [1, 511, 1024, 2047])
def test_clips_shorter_than_a_window_are_measured(clips, length):
    fake, real = (audio[:, :length] for audio in clips)
    for distance in (MelDistance(sample_rate=RATE), STFTDistance()):
        assert torch.isfinite(distance(fake, real)).all()
        assert distance(real, real).abs().max() == 0


def test_other_shapes_are_refused(clips):
    fake, real = clips
    with pytest.raises(ValueError, match=r"\[3, 6999\]"):
        SISDR()(fake[:, 1:], real)


def test_log_spectral_distance_of_a_gain_is_the_gain_in_decibels(clips):
    _, real = clips
    assert LogSpectralDistance()(2 * real, real).tolist() == pytest.approx([6.02] * 3, abs=0.05)


def test_mel_cepstral_distortion_does_not_hear_a_gain_and_hears_a_tilt():
    metric = MelCepstralDistortion(sample_rate=22050)
    loud = 50 * torch.randn(1, 22050, generator=torch.Generator().manual_seed(0))
    assert float(metric(2 * loud, loud)) == pytest.approx(0, abs=1e-3)
    # Of every difference between bands, all coefficients would have the standard deviation over bands.
    tilted = torch.cat([loud[:, :1], loud[:, 1:] - 0.9 * loud[:, :-1]], dim=1)
    levels = [20 * metric.mel(audio).log10() for audio in (tilted, loud)]
    everything = (levels[0] - levels[1]).std(dim=1, correction=0).mean()
    assert 0.9 * everything < float(metric(tilted, loud)) <= everything


def test_spectral_convergence_of_a_gain_is_its_distance_from_one(clips):
    _, real = clips
    assert SpectralConvergence()(1.5 * real, real).tolist() == pytest.approx([0.5] * 3, abs=1e-4)
