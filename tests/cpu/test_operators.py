"""Private operators of torch, which another version may not have, or have otherwise."""

import pytest
import torch

from lfsc.cpu import operators
from lfsc.cpu.apply import optimize_for_cpu


@pytest.fixture(autouse=True)
def forget():
    operators.are_usable.cache_clear()
    yield
    operators.are_usable.cache_clear()


def test_this_torch_has_them():
    assert operators.are_usable(torch.float32)
    assert not operators.are_usable(torch.float64)


def gone(*_):
    raise AttributeError("'_OpNamespace' 'mkldnn' object has no attribute '_convolution_pointwise'")


def other_arguments(*_):
    raise RuntimeError("mkldnn::_convolution_pointwise() is missing value for argument 'algorithm'")


def wrong(x, weight, bias, shape, slope=None):
    return 1.001 * convolve(x, weight, bias, shape, slope)


convolve = operators.convolve


@pytest.mark.parametrize("operator", [gone, other_arguments, wrong])
def test_without_them_a_codec_runs_as_it_is(operator, monkeypatch, tiny_reference):
    monkeypatch.setattr(operators, "convolve", operator)
    assert not operators.are_usable(torch.float32)
    classes = [type(layer) for layer in tiny_reference.codec.modules()]
    assert [type(layer) for layer in optimize_for_cpu(tiny_reference.codec).modules()] == classes
