from contextlib import contextmanager

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional as F

from lfsc.nn.reflection import reflect

SHAPES = [((2, 3, 12), (2,)), ((2, 3, 7), (6,)), ((2, 3, 5, 9), (2,)), ((2, 3, 5, 9), (4, 3)), ((1, 2, 4, 6), (0, 5))]


def torchs(x, *pads):
    # torch wants a width for each dimension behind the channels.
    pads = [*[0] * (x.dim() - 2 - len(pads)), *pads]
    return F.pad(x, [width for pad in reversed(pads) for width in (pad, pad)], mode="reflect")


@pytest.mark.parametrize(("shape", "pads"), SHAPES)
def test_values_and_gradients_are_torchs(shape, pads):
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    expected = torchs(x, *pads)
    found = reflect(x, *pads)
    assert torch.equal(found, expected)
    weight = torch.randn_like(expected)
    gradients = [torch.autograd.grad((y * weight).sum(), x)[0] for y in (found, expected)]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("shape", "pads"), SHAPES)
def test_without_a_gradient_it_is_the_same(shape, pads):
    x = torch.randn(shape)
    assert torch.equal(reflect(x, *pads), torchs(x, *pads))


def test_gradients_of_transposed_input_are_torchs():
    x = torch.randn(2, 3, 9, 5, requires_grad=True)
    weight = torch.randn(2, 3, 5, 13)
    gradients = [torch.autograd.grad((pad(x.mT, 2) * weight).sum(), x)[0] for pad in (reflect, torchs)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("deterministic", [False, True])
def test_on_a_gpu_the_gradient_is_torchs_unless_it_must_be_deterministic(deterministic):
    """By what stands in for a tensor of a GPU: its gradient cannot be computed, but the graph knows how it would be."""
    with FakeTensorMode(), deterministic_algorithms(deterministic):
        padded = reflect(torch.empty(2, 3, 4, 9, device="cuda", requires_grad=True), 1, 2)
    assert padded.grad_fn.name() == ("ReflectionBackward" if deterministic else "ReflectionPad2DBackward0")


@contextmanager
def deterministic_algorithms(wanted):
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(wanted)
    yield
    torch.use_deterministic_algorithms(before)


@pytest.mark.parametrize("requires_grad", [False, True])
def test_it_keeps_the_type_under_autocast(requires_grad):
    x = torch.randn(1, 2, 8, dtype=torch.bfloat16, requires_grad=requires_grad)
    with torch.autocast("cpu", torch.bfloat16):
        assert reflect(x, 3).dtype == torch.bfloat16


def test_as_much_as_there_is_cannot_be_reflected():
    with pytest.raises(RuntimeError, match="Padding size should be less"):
        reflect(torch.randn(1, 1, 4), 4)
