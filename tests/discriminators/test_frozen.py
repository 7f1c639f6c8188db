import torch
from torch import nn

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
