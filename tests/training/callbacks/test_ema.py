"""The average of the weights."""

import types

import pytest
import torch

from lfsc.training.callbacks.ema import EMA


class Module(torch.nn.Module):
    device = torch.device("cpu")

    def __init__(self):
        super().__init__()
        self.codec = torch.nn.Linear(2, 1, bias=False)
        self.updates = 0


@pytest.fixture
def averaged():
    """An average after 50 updates, the module, and the weights of each update."""
    averaging, module = EMA(decay=0.9), Module()
    averaging.on_train_start(None, module)
    seen = [module.codec.weight.detach().clone()]
    for module.updates in range(1, 51):
        module.codec.weight.data = torch.randn(1, 2, generator=torch.Generator().manual_seed(module.updates))
        seen.append(module.codec.weight.detach().clone())
        averaging.on_train_batch_end(None, module)
    return averaging, module, seen


def test_it_is_the_moving_average(averaged):
    averaging, _, seen = averaged
    expected = seen[0].double()
    for update, weight in enumerate(seen[1:], start=1):
        decay = min(0.9, (1 + update) / (10 + update))
        expected = decay * expected + (1 - decay) * weight
    torch.testing.assert_close(averaging.average["codec.weight"].double(), expected, rtol=1e-5, atol=1e-6)


def test_it_is_validated_in_the_place_of_the_weights(averaged):
    averaging, module, seen = averaged
    averaging.on_validation_start(None, module)
    assert torch.equal(module.codec.weight, averaging.average["codec.weight"])
    averaging.on_validation_end(None, module)
    assert torch.equal(module.codec.weight, seen[-1]), "training goes on with its own, to the last bit"


def test_it_goes_on_from_a_checkpoint(averaged):
    averaging, module, _ = averaged
    checkpoint = {}
    averaging.on_save_checkpoint(None, module, checkpoint)
    resumed = EMA(decay=0.9)
    resumed.on_load_checkpoint(None, module, checkpoint)
    resumed.on_train_start(None, module)
    for one in (averaging, resumed):
        one.on_train_batch_end(types.SimpleNamespace(), module)
    assert torch.equal(resumed.average["codec.weight"], averaging.average["codec.weight"])


def test_it_may_begin_in_the_middle_of_a_run(averaged):
    _, module, seen = averaged
    begun = EMA(decay=0.9)
    begun.on_load_checkpoint(None, module, {"state_dict": {}})
    begun.on_train_start(None, module)
    assert torch.equal(begun.average["codec.weight"], seen[-1])


@pytest.mark.parametrize("decay", [0, 1, 1.5, "x", [0.9]])
def test_a_decay_lies_between(decay):
    with pytest.raises(ValueError, match="expected a decay between 0 and 1"):
        EMA(decay=decay)
