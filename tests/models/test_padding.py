import pytest
import torch
from torch.nn import functional as F

from lfsc.models.padding import MODES, after, before, copied_steps, pad_steps

TORCH = {"reflect": "reflect", "replicate": "replicate", "zeros": "constant"}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pad", [0, 1, 4])
def test_torchs_own_padding_is_the_same(mode, pad):
    x = torch.randn(2, 3, 9)
    expected = F.pad(x, (pad, pad), mode=TORCH[mode])
    assert torch.equal(pad_steps(x, pad, mode), expected)
    assert torch.equal(torch.cat((before(x, pad, mode), x, after(x, pad, mode)), dim=-1), expected)


@pytest.mark.parametrize("mode", MODES)
def test_a_clip_may_be_one_step_longer_than_what_is_copied(mode):
    assert pad_steps(torch.randn(1, 1, copied_steps(3, mode) + 1), 3, mode).shape[-1] == copied_steps(3, mode) + 7


@pytest.mark.parametrize(
    ("mode", "shorter", "longer"),
    [
        ("reflect", [3, 2, 1, 2, 3, 4, 3, 2], [3, 2, 1, 2, 3, 4, 5, 6, 5, 4]),
        ("replicate", [1, 1, 1, 2, 3, 4, 4, 4], [1, 1, 1, 2, 3, 4, 5, 6, 6, 6]),
        ("zeros", [0, 0, 1, 2, 3, 4, 0, 0], [0, 0, 1, 2, 3, 4, 5, 6, 0, 0]),
    ],
)
def test_each_clip_is_padded_at_its_own_end(mode, shorter, longer):
    x = torch.arange(1.0, 7).repeat(2, 1)[:, None]
    both = pad_steps(x, 2, mode, torch.tensor([4, 6]))
    assert both[0, 0, :8].tolist() == shorter
    assert both[1, 0].tolist() == longer


@pytest.mark.parametrize("mode", MODES)
def test_gradients_reach_the_input_through_the_padding(mode):
    x = torch.randn(2, 3, 12, dtype=torch.float64, requires_grad=True)
    length = torch.tensor([7, 12])
    weight = torch.randn(16, dtype=torch.float64)

    def kept(x):
        whole = pad_steps(x, 2, mode, length) * weight
        return whole[0, :, :11].sum() + whole[1].sum()

    torch.autograd.gradcheck(kept, x)
