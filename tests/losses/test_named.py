"""Losses by name."""

import pytest
import torch
from torch import nn

from lfsc.losses.named import NamedLosses


class Of(nn.Module):
    """A loss that gives what `function` gives."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, fake, real):
        return self.function(fake, real)


def named(function):
    return NamedLosses({"mine": {"weight": 2, "loss": Of(function)}})


def test_values_come_without_their_weights():
    losses = named(lambda fake, real: (fake - real).abs().mean())
    assert losses.weights == {"mine": 2.0}
    assert losses(torch.ones(2, 5), torch.zeros(2, 5)) == {"mine": torch.tensor(1.0)}


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (lambda fake, real: (fake - real).abs().mean(dim=1), r"a tensor \[2\] of torch.float32"),
        (lambda fake, real: torch.tensor(3), r"a tensor \[\] of torch.int64"),
        (lambda fake, real: torch.tensor(3j), r"a tensor \[\] of torch.complex64"),
        (lambda fake, real: 0.5, "a float"),
        (lambda fake, real: None, "a NoneType"),
    ],
)
def test_what_is_no_scalar_is_refused_by_name(function, found):
    with pytest.raises(ValueError, match=rf"^the loss mine gave {found}: expected a scalar tensor of floats$"):
        named(function)(torch.ones(2, 5), torch.zeros(2, 5))


def test_what_is_no_module_is_refused_by_name():
    with pytest.raises(ValueError, match=r"^the loss mine is a function: expected a torch\.nn\.Module$"):
        NamedLosses({"mine": {"weight": 1, "loss": lambda fake, real: 0}})


@pytest.mark.parametrize(("entry", "lacks"), [({"loss": nn.L1Loss()}, "no weight"), ({}, "no weight and no loss")])
def test_an_entry_that_lacks_something_is_refused_by_name(entry, lacks):
    with pytest.raises(ValueError, match=f"^the loss mine has {lacks}: expected a weight and a loss$"):
        NamedLosses({"mine": entry})
