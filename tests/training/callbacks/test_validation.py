"""What holds while clips of any length are validated on."""

import torch

from lfsc.training.callbacks.validation import for_any_length


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
