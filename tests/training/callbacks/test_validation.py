"""What a batch gives, and what holds while clips of any length are validated on."""

import types

import pytest
import torch

from lfsc.training.build import build_module
from lfsc.training.callbacks.validation import Validation, for_any_length


@torch.no_grad()
def test_discriminators_take_a_batch_in_its_parts(configure):
    module, passed = build_module(configure("num_micro_batches=2")).eval(), []
    module.discriminators.register_forward_hook(lambda _, given, __: passed.append(len(given[0][0])))
    audio = 0.1 * torch.randn(3, 4096)
    batch = types.SimpleNamespace(audio=audio, lengths=torch.tensor([4096, 4096, 3000]))
    found = []
    for module.num_micro_batches in (2, 1):
        validation = Validation(every=1, max_updates=1, sample_rate=22050)
        validation.on_validation_batch_end(None, module, module.validation_step(batch, 0), batch)
        found.append({name: float(value) for name, value in validation.sums.items()})
    assert passed == [2, 2, 1, 1, 3, 3]
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_nothing_is_tuned_for_a_length():
    before = torch.backends.cudnn.benchmark
    try:
        for wanted in (True, False):
            torch.backends.cudnn.benchmark = wanted
            with for_any_length():
                assert torch.backends.cudnn.benchmark is False
            assert torch.backends.cudnn.benchmark is wanted
    finally:
        torch.backends.cudnn.benchmark = before


def test_nothing_is_compiled_for_a_length():
    compiled = []

    def backend(graph, inputs):
        compiled.append(graph)
        return graph.forward

    double = torch.compile(lambda x: 2 * x, backend=backend)
    with for_any_length():
        double(torch.ones(3))
    assert compiled == []
    double(torch.ones(3))
    assert len(compiled) == 1


@pytest.mark.parametrize("clips", [0, 2])
def test_a_run_without_clips_for_it_says_so(micro, configure, caplog, clips):
    micro.train(configure("max_updates=1", f"data.max_val_clips={clips}"))
    assert ("no validation: the corpus has no clips for it" in caplog.text) is (clips == 0)
