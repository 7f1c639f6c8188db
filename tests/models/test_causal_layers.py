"""Causal layers by the sums that they are."""

import pytest
import torch

from lfsc.models.causal_layers import CausalConv1d, CausalUpsampleConv1d, remember, silence


@pytest.mark.parametrize(("kernel_size", "stride", "dilation"), [(3, 1, 1), (3, 1, 4), (6, 3, 1), (4, 2, 1)])
def test_a_convolution_is_the_sum_over_what_has_come(kernel_size, stride, dilation):
    layer = CausalConv1d(2, 3, kernel_size, stride=stride, dilation=dilation).double()
    x = torch.randn(1, 2, 12).double()
    y = layer(x)
    assert y.shape[-1] == 12 // stride
    for step in range(12 // stride):
        # The last input of those that this step stands for, and every so many before it.
        last = step * stride + stride - 1
        places = range(last - dilation * (kernel_size - 1), last + 1, dilation)
        seen = [x[0, :, place] for place in places if place >= 0]
        taps = layer.weight[..., kernel_size - len(seen) :]
        expected = layer.bias + sum(taps[..., tap] @ each for tap, each in enumerate(seen))
        torch.testing.assert_close(y[0, :, step], expected)


@pytest.mark.parametrize("rate", [2, 3, 7])
def test_an_upsampled_step_is_made_of_two_inputs(rate):
    layer = CausalUpsampleConv1d(4, 2, rate=rate, groups=2).double()
    x = torch.randn(1, 4, 5).double()
    y = layer(x)
    assert y.shape == (1, 2, 5 * rate)
    for step in range(5 * rate):
        frame, place = divmod(step, rate)
        for channel in range(2):
            inputs = slice(2 * channel, 2 * channel + 2)
            weight = layer.weight[inputs, 0]
            expected = layer.bias[channel] + x[0, inputs, frame] @ weight[:, place]
            if frame:
                expected = expected + x[0, inputs, frame - 1] @ weight[:, place + rate]
            torch.testing.assert_close(y[0, channel, step], expected)


@pytest.mark.parametrize("pieces", [1, 2, 5])
@pytest.mark.parametrize(
    "layer",
    [CausalConv1d(4, 4, 7, dilation=3), CausalConv1d(4, 4, 1), CausalUpsampleConv1d(4, 2, rate=3, groups=2)],
    ids=["dilated", "of one tap", "upsampling"],
)
def test_steps_that_arrive_in_pieces_are_those_of_the_whole(layer, pieces):
    x = torch.randn(2, 4, 20)
    memory, made = silence(layer, 2), []
    for piece in x.split(pieces, dim=-1):
        seen = torch.cat((memory, piece), dim=-1)
        memory = remember(layer, seen)
        made.append(layer.advance(seen, layer.weight))
        assert memory.shape == (2, 4, layer.memory)
    torch.testing.assert_close(torch.cat(made, dim=-1), layer(x), rtol=0, atol=1e-6)


def test_what_is_remembered_holds_no_more_than_itself():
    layer = CausalConv1d(4, 4, 3)
    assert remember(layer, torch.randn(1, 4, 5000)).untyped_storage().nbytes() == 4 * 4 * layer.memory
