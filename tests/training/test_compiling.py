"""An update whose parts are compiled."""

import copy

import pytest
import torch

from lfsc.training.build import build_module
from lfsc.training.compiling import compile_parts


def of_one_update(module, audio):
    """Losses of both networks, and the gradients of all weights."""
    forward_pass = module.forward_pass(audio)
    losses = module.discriminator_losses(forward_pass) | module.generator_losses(forward_pass)
    sum(losses[name] for name in module.weights).backward()
    weights = [*module.codec.named_parameters(), *module.discriminators.named_parameters()]
    return {name: losses[name].detach() for name in module.weights}, {name: weight.grad for name, weight in weights}


@pytest.fixture
def module(configure):
    torch.manual_seed(0)
    return build_module(configure())


@pytest.fixture
def audio():
    return 0.1 * torch.randn(2, 8192, generator=torch.Generator().manual_seed(0))


def test_what_is_traced_is_the_same_update(module, audio):
    plain = copy.deepcopy(module)
    compile_parts(module, backend="aot_eager")
    before = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    for found, expected in zip(of_one_update(module, audio), of_one_update(plain, audio), strict=True):
        assert found.keys() == expected.keys()
        for name in found:
            torch.testing.assert_close(found[name], expected[name], rtol=1e-5, atol=1e-7, msg=name)
    compiled = torch._dynamo.utils.counters["stats"]["unique_graphs"] - before
    assert compiled >= 2 + len(module.discriminators.names)
    assert module.state_dict().keys() == plain.state_dict().keys()


@pytest.mark.slow
def test_a_compiled_run_learns_what_a_plain_one_does(micro, configure):
    settings = ("max_updates=2", "validate_every=2", "log_every=1")
    plain, compiled = configure(*settings), configure(*settings, "compile=true", "name=compiled")
    for config in (plain, compiled):
        micro.train(config)
    rows = [micro.history(micro.run_of(config))[-1] for config in (compiled, plain)]
    for name in ("train/mel", "train/discriminator", "val/mel"):
        assert float(rows[0][name]) == pytest.approx(float(rows[1][name]), rel=1e-3)
