"""Normed weights under autocast."""

import copy

import torch
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import weight_norm

from lfsc.discriminators.layers import PeriodConv, ReflectConv2d, normed
from lfsc.nn.weight_norm import remove_weight_norm


def test_names_and_values_are_those_of_weight_norm():
    plain = torch.nn.Conv1d(3, 5, 3)
    stock, ours = weight_norm(copy.deepcopy(plain)), normed(copy.deepcopy(plain))
    assert ours.state_dict().keys() == stock.state_dict().keys()
    assert torch.equal(ours.weight, stock.weight)
    ours.load_state_dict(stock.state_dict(), strict=True)
    remove_weight_norm(ours)
    assert torch.equal(ours.weight, stock.weight)


def test_a_normed_weight_is_kept_in_what_autocast_computes_in():
    layer = ReflectConv2d(2, 4, (3, 3))
    with torch.autocast("cpu", torch.bfloat16), parametrize.cached():
        assert layer.weight.dtype == torch.bfloat16
        assert layer.weight is layer.weight
    assert layer.weight.dtype == torch.float32


def test_under_autocast_results_and_gradients_are_those_of_its_own_casts():
    ours, stock = PeriodConv(2, 4, 5, stride=2), PeriodConv(2, 4, 5, stride=2)
    stock.load_state_dict(ours.state_dict())
    remove_weight_norm(stock)
    x, found = torch.randn(2, 2, 3, 20), {}
    for name, layer in (("ours", ours), ("stock", stock)):
        with torch.autocast("cpu", torch.bfloat16):
            y = layer(x)
        found[name] = y, torch.autograd.grad(y.float().square().sum(), layer.bias)[0]
    assert torch.equal(found["ours"][0], found["stock"][0]) and torch.equal(found["ours"][1], found["stock"][1])
