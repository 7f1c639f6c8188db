import math

import pytest
import torch

from lfsc.models.quantizer import GroupedFSQ


@pytest.mark.parametrize("levels", [(8, 7, 6, 6), (2,), (3, 2), (8, 5, 5, 5)])
def test_every_index_is_its_code_and_back(levels):
    quantizer = GroupedFSQ(num_codebooks=2, levels=list(levels))
    indices = torch.arange(quantizer.codebook_size).expand(1, 2, -1)
    codes = quantizer.dequantize(indices)
    assert len(codes[0].T.unique(dim=0)) == quantizer.codebook_size
    quantized = quantizer(latents_of(codes, levels))
    assert torch.equal(quantized.tokens, indices)
    torch.testing.assert_close(quantized.quantized, codes)


def latents_of(codes, levels):
    """What the squeeze of the paper maps to `codes` [1,D,F]; beyond its span, something far out."""
    count = torch.tensor(levels, dtype=torch.float64).repeat(codes.shape[1] // len(levels))[:, None]
    scale = (count - 1) / 2 * (1 - 1e-3)
    offset = (count % 2 == 0).double() / 2
    squeezed = (codes * (count // 2) + offset) / scale
    return (squeezed.clamp(-0.99999, 0.99999).atanh() - (offset / scale).tan()).float()


def test_the_first_dimension_varies_fastest():
    quantizer = GroupedFSQ(num_codebooks=1, levels=[8, 7, 6, 6])
    codes = quantizer.dequantize(torch.tensor([[[0, 1, 8, 56]]]))[0].T
    steps = torch.tensor([[1 / 4, 0, 0, 0], [0, 1 / 3, 0, 0], [0, 0, 1 / 3, 0]])
    torch.testing.assert_close(codes[1:] - codes[0], steps)


def test_the_gradient_passes_straight_through_the_rounding():
    quantizer = GroupedFSQ(num_codebooks=1, levels=[7])
    latents = torch.zeros(1, 1, 1, requires_grad=True)
    quantizer(latents).quantized.sum().backward()
    # d tanh at 0 is 1, times the scale of 7 levels, over half of them.
    assert latents.grad.item() == pytest.approx(3 * (1 - quantizer.eps) / 3)


def test_float32_under_autocast():
    quantizer = GroupedFSQ(num_codebooks=2, levels=[8, 7])
    latents = torch.randn(1, 4, 50)
    with torch.autocast("cpu", torch.bfloat16):
        quantized = quantizer(latents)
    assert quantized.quantized.dtype == torch.float32
    assert torch.equal(quantized.tokens, quantizer(latents).tokens)


def test_the_papers_numbers():
    quantizer = GroupedFSQ(num_codebooks=8, levels=[8, 7, 6, 6])
    assert (quantizer.latent_dim, quantizer.codebook_size) == (32, 2016)
    assert quantizer.bits_per_frame == pytest.approx(8 * math.log2(2016))


@pytest.mark.parametrize(
    "wrong",
    [{"num_codebooks": 0}, {"levels": []}, {"levels": [8, 1]}, {"levels": [1 << 20] * 2}, {"eps": 1.0}, {"eps": "0"}],
)
def test_impossible_settings_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=f"^{next(iter(wrong))} is "):
        GroupedFSQ(**{"num_codebooks": 1, "levels": [8], **wrong})
