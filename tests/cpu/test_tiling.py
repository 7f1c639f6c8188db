import pytest
import torch
from torch.nn import functional as F

from lfsc.cpu.tiling import PIECE, STEPS, FFTConv1d, products, real_transform

pytestmark = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch is built without oneDNN")


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("taps", [1, 3, 7, 11, 15])
@pytest.mark.parametrize("steps", [1, 15, 16, 17, 1000])
def test_results_are_those_of_a_convolution(taps, steps):
    weight, bias, x = random(6, 4, taps), random(6, seed=1), random(3, steps + taps - 1, 4, seed=2)
    expected = F.conv1d(x.mT.double(), weight.double(), bias.double()).mT
    found = FFTConv1d(weight, bias)(x)
    assert found.shape == (3, steps, 6)
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=2e-5)


def test_rounding_is_as_small_as_a_convolutions():
    weight, x = random(96, 96, 11) / (96 * 11) ** 0.5, random(1, 3000, 96, seed=1)
    exact = F.conv1d(x.mT.double(), weight.double()).mT
    plain = (F.conv1d(x.mT, weight).mT - exact).square().mean().sqrt()
    tiled = (FFTConv1d(weight, torch.zeros(96))(x) - exact).square().mean().sqrt()
    assert tiled < 4 * plain


def test_a_clip_is_the_same_to_the_last_bit_alone_in_a_batch_and_from_any_tile_on():
    channels = 96
    tiled = FFTConv1d(random(channels, channels, 7), random(channels, seed=1))
    x = random(3, 3 * STEPS * PIECE // channels, channels, seed=2)
    whole = tiled(x)
    assert torch.equal(tiled(x[1:2]), whole[1:2])
    for first in (1, 5, 2 * PIECE // channels):
        assert torch.equal(tiled(x[:, first * STEPS :]), whole[:, first * STEPS :])
    assert torch.equal(tiled(x[:, : 40 * STEPS + 6]), whole[:, : 40 * STEPS])


def test_the_transform_is_the_discrete_fourier_transform():
    x = random(26).double()
    spectrum = torch.fft.rfft(x)
    expected = torch.stack([spectrum.real[1:-1], spectrum.imag[1:-1]], dim=1).flatten()
    found = real_transform(26) @ x
    torch.testing.assert_close(found[:2], torch.stack([spectrum.real[0], spectrum.real[-1]]))
    torch.testing.assert_close(found[2:], expected)


def test_products_multiply_by_the_conjugated_spectrum():
    weight, x = random(2, 3, 5).double(), random(3, 8, seed=1).double()
    forward = real_transform(8)
    matrices = products(weight, forward[:, :5])
    spectra = (forward @ x.T).view(4, 6)
    found = torch.einsum("goi,gi->go", matrices, spectra)[1:].unflatten(1, (2, 2))
    expected = (torch.fft.rfft(weight, 8).conj() * torch.fft.rfft(x, 8)).sum(dim=1)[:, 1:-1].T
    torch.testing.assert_close(torch.complex(found[:, 0], found[:, 1]), expected)
