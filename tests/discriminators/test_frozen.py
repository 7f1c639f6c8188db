import copy

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from lfsc.discriminators.frozen import Frozen


class Owner(nn.Module):
    def __init__(self):
        super().__init__()
        self.eye = Frozen(nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)))
        self.mind = nn.Linear(3, 1)


def test_it_is_in_no_state_dict_and_strict_loading_asks_for_nothing():
    owner = Owner()
    assert set(owner.state_dict()) == {"mind.weight", "mind.bias"}
    Owner().load_state_dict(owner.state_dict(), strict=True)


def test_it_trains_never():
    owner = Owner().train()
    assert not owner.eye.held[0].training
    assert all(not p.requires_grad for p in owner.eye.held[0].parameters())
    assert list(owner.parameters()) == list(owner.mind.parameters())
    owner.requires_grad_(True)
    assert all(not p.requires_grad for p in owner.eye.held[0].parameters())


def test_gradients_pass_through_it():
    owner = Owner()
    x = torch.randn(2, 3, requires_grad=True)
    owner.mind(owner.eye(x)).sum().backward()
    assert x.grad.abs().sum() > 0


def test_it_follows_its_owner():
    owner = Owner().double()
    assert owner.eye.held[0][0].weight.dtype == torch.float64


class Casts(TorchDispatchMode):
    """The shapes of what is cast to another type."""

    def __init__(self):
        super().__init__()
        self.shapes = []

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        if function is torch.ops.aten._to_copy.default and (options or {}).get("dtype"):
            self.shapes.append(tuple(arguments[0].shape))
        return function(*arguments, **(options or {}))


def test_under_autocast_a_weight_is_cast_once():
    stock = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2, bias=False))
    frozen, x, casts = Frozen(copy.deepcopy(stock)), torch.randn(2, 3), Casts()
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        expected = stock.requires_grad_(False)(x)
        with casts:
            assert all(torch.equal(frozen(x), expected) for _ in range(3))
    assert casts.shapes.count((5, 3)) == casts.shapes.count((5,)) == casts.shapes.count((2, 5)) == 1
    assert torch.equal(frozen(x), stock(x)), "without autocast it is in float32"


@pytest.mark.parametrize("change", [lambda layer: layer.weight.zero_(), lambda layer: layer.half().float()])
def test_a_weight_that_changed_is_cast_again(change):
    frozen, x = Frozen(nn.Linear(3, 5)), torch.randn(2, 3)
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        frozen(x)
        change(frozen.held[0])
        expected = nn.functional.linear(x, frozen.held[0].weight, frozen.held[0].bias)
        assert torch.equal(frozen(x), expected)
