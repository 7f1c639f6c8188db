from functools import partial

import pytest
import torch
from torch.nn import functional as F

from lfsc.models.causal_layers import CausalConv1d, CausalUpsampleConv1d
from lfsc.models.layers import MultiReceptiveField, PaddedConv1d, ResidualBlock, UpsampleConv1d, receptive_field

replicating = partial(PaddedConv1d, pad_mode="replicate")
LAYERS = {
    "conv": lambda: PaddedConv1d(3, 2, 7),
    "dilated": lambda: PaddedConv1d(3, 2, 3, dilation=5),
    "strided by 2": lambda: PaddedConv1d(3, 2, 4, stride=2),
    "strided by 3": lambda: PaddedConv1d(3, 2, 6, stride=3),
    "upsampling by 4": lambda: UpsampleConv1d(3, 2, rate=4),
    "upsampling by 3": lambda: UpsampleConv1d(3, 2, rate=3),
    "zeros around": lambda: PaddedConv1d(3, 2, 7, pad_mode="zeros"),
    "ends repeated": lambda: PaddedConv1d(3, 2, 6, stride=3, pad_mode="replicate"),
    "grouped upsampling": lambda: UpsampleConv1d(3, 3, rate=4, groups=3),
    "residual": lambda: ResidualBlock(3, 7, dilation=3),
    "snakes": lambda: ResidualBlock(3, 7, dilation=3, activation="half_snake", convolution=replicating),
    "causal": lambda: CausalConv1d(3, 2, 7),
    "causal, dilated": lambda: CausalConv1d(3, 2, 3, dilation=5),
    "causal, strided by 2": lambda: CausalConv1d(3, 2, 4, stride=2),
    "causal, strided by 3": lambda: CausalConv1d(3, 2, 6, stride=3),
    "causal upsampling by 4": lambda: CausalUpsampleConv1d(3, 2, rate=4),
    "causal grouped upsampling by 3": lambda: CausalUpsampleConv1d(3, 3, rate=3, groups=3),
    "causal residual": lambda: ResidualBlock(3, 7, dilation=3, convolution=CausalConv1d),
    "causal mrf": lambda: MultiReceptiveField(3, kernel_sizes=[3, 11], dilations=[1, 3], convolution=CausalConv1d),
    "mrf": lambda: MultiReceptiveField(3, kernel_sizes=[3, 11], dilations=[1, 3]),
}


@pytest.fixture(params=LAYERS)
def layer(request):
    torch.manual_seed(0)
    return LAYERS[request.param]().double()


def rate_of(layer) -> float:
    stride = getattr(layer, "stride", (1,))[0]
    return stride if isinstance(layer, UpsampleConv1d) else 1 / stride


def test_output_is_as_long_as_the_rate_says(layer):
    for length in (60, 120):
        assert layer(torch.randn(1, 3, length).double()).shape[-1] == length * rate_of(layer)


def test_an_output_step_sees_exactly_what_it_needs(layer):
    x = torch.randn(1, 3, 120).double()
    whole = layer(x)
    for step in (whole.shape[-1] // 2, whole.shape[-1] // 2 + 1):
        needs = receptive_field([layer], range(step, step + 1))
        seen = [i for i in range(120) if not torch.equal(layer(changed(x, i))[..., step], whole[..., step])]
        assert (min(seen), max(seen)) == (needs.start, needs.stop - 1)


def changed(x, step):
    return x.index_add(2, torch.tensor([step]), torch.ones(1, 3, 1).double())


def test_a_clip_is_the_same_beside_a_longer_one(layer):
    clips = [torch.randn(1, 3, length).double() for length in (60, 120, 90)]
    batch = torch.cat([F.pad(clip, (0, 120 - clip.shape[-1]), value=9.0) for clip in clips])
    together = layer(batch, torch.tensor([60, 120, 90]))
    for clip, row in zip(clips, together, strict=True):
        alone = layer(clip)[0]
        torch.testing.assert_close(row[:, : alone.shape[-1]], alone, rtol=0, atol=1e-12)
