import pytest
import torch

from lfsc.discriminators.bands import MultiBandSTFTDiscriminator
from lfsc.discriminators.stft import ComplexSpectrogram

EDGES = [[0.0, 0.25], [0.25, 1.0]]
RESOLUTIONS = [[512, 128, 512], [256, 64, 256]]


def test_bands_of_a_resolution_are_its_spectrogram_cut_along_the_bins():
    family = MultiBandSTFTDiscriminator(resolutions=RESOLUTIONS, bands=EDGES, channels=2)
    audio = torch.randn(2, 2000)
    cut = [member.transform(audio) for member in family]
    for first, (n_fft, hop_length, win_length) in zip((0, 2), RESOLUTIONS, strict=True):
        whole = ComplexSpectrogram(n_fft=n_fft, hop_length=hop_length, win_length=win_length)(audio)
        middle = int(0.25 * (n_fft // 2 + 1))
        assert torch.equal(cut[first], whole[..., :middle])
        assert torch.equal(cut[first + 1], whole[..., middle:])


def test_a_band_of_17_bins_is_wide_enough_and_one_of_16_is_not():
    family = MultiBandSTFTDiscriminator(resolutions=[[32, 8, 32]], bands=[[0, 1]], channels=2)
    output = family[0].network(family[0].transform(torch.randn(1, 400)))
    assert len(output.feature_maps) == 6
    with pytest.raises(ValueError, match=r"bands\[1\] is \[0.5, 0.625\], 16 of the 129 bins of n_fft 256: expected 17"):
        MultiBandSTFTDiscriminator(resolutions=[[256, 64, 256]], bands=[[0, 0.5], [0.5, 0.625]], channels=2)


@pytest.mark.parametrize("bands", [None, [], [[0.5]], [[0.5, 0.2]], [[-0.1, 1]], [[0, 1.1]], [["a", 1]], [0.1, 0.5]])
def test_what_is_no_band_is_refused(bands):
    with pytest.raises(ValueError, match=r"bands.* is .*: expected .*\[from, to\]"):
        MultiBandSTFTDiscriminator(resolutions=[[256, 64, 256]], bands=bands, channels=2)
