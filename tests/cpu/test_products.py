import pytest
import torch
from torch.nn import functional as F

from lfsc.cpu.products import convolve_by_product, pays, upsample_by_product


def random(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize(
    ("steps", "kernel_size", "stride", "dilation"), [(1, 7, 1, 1), (5, 3, 1, 4), (3, 16, 8, 1), (4, 5, 2, 3)]
)
def test_a_convolution_is_torchs(steps, kernel_size, stride, dilation):
    x = random(2, 4, (steps - 1) * stride + dilation * (kernel_size - 1) + 1)
    weight, bias = random(3, 4, kernel_size), random(3)
    expected = F.conv1d(x, weight, bias, stride, 0, dilation)
    torch.testing.assert_close(convolve_by_product(x, weight, bias, stride=stride, dilation=dilation), expected)


@pytest.mark.parametrize(("steps", "rate"), [(1, 8), (4, 3), (2, 1)])
def test_an_upsampling_is_torchs(steps, rate):
    x, weight, bias = random(2, 4, steps), random(4, 3, 2 * rate), random(3)
    torch.testing.assert_close(upsample_by_product(x, weight, bias), F.conv_transpose1d(x, weight, bias, rate))


def test_it_pays_for_few_steps_of_many_channels_alone():
    assert pays(8, torch.empty(512, 512, 7))
    assert not pays(1024, torch.empty(512, 512, 7))
    assert not pays(8, torch.empty(16, 16, 7))
