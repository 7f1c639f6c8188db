import pytest
import torch
from torch.nn import functional as F

from lfsc.cpu import gradients
from lfsc.cpu.gradients import convolve, upsample

DTYPE = torch.float64


def gradients_of(function, *inputs):
    inputs = [tensor.detach().requires_grad_() for tensor in inputs]
    result = function(*inputs)
    weights = torch.linspace(-1, 1, result.numel(), dtype=result.dtype).view_as(result)
    return result.detach(), torch.autograd.grad((result * weights).sum(), inputs)


def assert_torchs(ours, torchs, *inputs):
    result, found = gradients_of(ours, *inputs)
    expected_result, expected = gradients_of(torchs, *inputs)
    assert torch.equal(result, expected_result)
    for gradient, of_torch in zip(found, expected, strict=True):
        torch.testing.assert_close(gradient, of_torch, rtol=1e-10, atol=1e-10)


def random(*shape):
    return torch.randn(*shape, dtype=DTYPE, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize(("kernel_size", "dilation"), [(7, 3), (11, 3), (11, 5), (3, 9)])
def test_dilated_gradients_are_torchs(kernel_size, dilation):
    weight = random(3, 4, kernel_size)
    assert_torchs(
        lambda x, w, b: convolve(x, w, b, stride=1, dilation=dilation),
        lambda x, w, b: F.conv1d(x, w, b, dilation=dilation),
        random(2, 4, 70),
        weight,
        random(3),
    )


@pytest.mark.parametrize(("stride", "length"), [(8, 64), (8, 67), (9, 63), (8, 16), (10, 45)])
def test_downsampled_gradients_are_torchs(stride, length):
    assert_torchs(
        lambda x, w, b: convolve(x, w, b, stride=stride, dilation=1),
        lambda x, w, b: F.conv1d(x, w, b, stride),
        random(2, 4, length),
        random(6, 4, 2 * stride),
        random(6),
    )


@pytest.mark.parametrize(("stride", "length"), [(8, 9), (10, 1), (9, 5)])
def test_upsampled_gradients_are_torchs(stride, length):
    padding, output_padding = (stride + 1) // 2, stride % 2
    assert_torchs(
        lambda x, w, b: upsample(x, w, b, padding=padding, output_padding=output_padding, groups=1),
        lambda x, w, b: F.conv_transpose1d(x, w, b, stride, padding, output_padding),
        random(2, 4, length),
        random(4, 3, 2 * stride),
        random(3),
    )


def test_the_faster_ways_are_taken(monkeypatch):
    taken = []
    for way in (gradients.Dilated, gradients.Downsampled, gradients.Upsampled):
        monkeypatch.setattr(way, "apply", lambda *_, way=way: taken.append(way.__name__))
    weight = torch.zeros(2, 2, 16, requires_grad=True)
    x, bias = torch.zeros(1, 2, 64), torch.zeros(2)
    convolve(x, weight, bias, stride=8, dilation=1)
    convolve(x, weight, bias, stride=1, dilation=3)
    upsample(x, weight, bias, padding=4, output_padding=0, groups=1)
    assert taken == ["Downsampled", "Dilated", "Upsampled"]
    with torch.no_grad():
        convolve(x, weight, bias, stride=8, dilation=1)
    assert len(taken) == 3


def test_autocast_computes_in_its_own_type():
    x, weight, bias = random(2, 64, 64).float(), random(6, 64, 16).float().requires_grad_(), random(6).float()
    with torch.autocast("cpu", torch.bfloat16):
        result = convolve(x, weight, bias, stride=8, dilation=1)
        assert torch.equal(result, F.conv1d(x, weight, bias, 8))
    assert result.dtype == torch.bfloat16
    result.float().sum().backward()
    assert weight.grad.dtype == torch.float32
