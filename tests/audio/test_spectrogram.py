import pytest
import torch
import torchaudio

from lfsc.audio.spectrogram import MagnitudeSpectrogram, MelSpectrogram, Spectrogram, slaney_mel_filters


@pytest.mark.parametrize(("n_fft", "num_mels"), [(2048, 80), (512, 40), (1024, 160)])
def test_filters_are_slaneys(n_fft, num_mels):
    """torchaudio's differ from librosa's, which ours follow, by up to 2.8e-5."""
    expected = torchaudio.functional.melscale_fbanks(
        n_fft // 2 + 1, 0.0, 11025.0, num_mels, 22050, norm=None, mel_scale="slaney"
    ).T
    torch.testing.assert_close(slaney_mel_filters(22050, n_fft, num_mels), expected, atol=5e-5, rtol=0)


def test_mel_frames_leave_out_the_last():
    mel = MelSpectrogram(sample_rate=22050, num_mels=5, n_fft=32, hop_length=8, win_length=32, guard=1e-5)
    assert mel(torch.randn(2, 800)).shape == (2, 5, 100)


def test_a_tone_is_where_its_frequency_says():
    tone = torch.sin(2 * torch.pi * 1000 * torch.arange(22050) / 22050)[None]
    magnitudes = MagnitudeSpectrogram(n_fft=2048, hop_length=512, win_length=2048)(tone)
    assert magnitudes[0, :, 20].argmax() == round(1000 / 22050 * 2048)


def test_silence_has_a_finite_gradient():
    audio = torch.zeros(1, 512, requires_grad=True)
    MagnitudeSpectrogram(n_fft=64, hop_length=16, win_length=64, guard=1e-5)(audio).sum().backward()
    assert audio.grad.isfinite().all()


def test_spectra_are_float32_under_autocast():
    audio = torch.randn(1, 512).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        spectrum = Spectrogram(n_fft=64, hop_length=16, win_length=64)(audio)
        mel = MelSpectrogram(sample_rate=22050, num_mels=5, n_fft=64, hop_length=16, win_length=64, guard=1e-5)(audio)
    assert spectrum.dtype == torch.complex64
    assert mel.dtype == torch.float32


def test_filters_are_of_the_place_where_they_are_made():
    """Those of an evaluation in inference mode cannot be trained through."""
    settings = {"sample_rate": 22050, "num_mels": 7, "n_fft": 64, "hop_length": 16, "win_length": 64, "guard": 0.1}
    with torch.inference_mode():
        MelSpectrogram(**settings)
    audio = torch.ones(1, 200, requires_grad=True)
    MelSpectrogram(**settings)(audio).sum().backward()
    assert audio.grad is not None
