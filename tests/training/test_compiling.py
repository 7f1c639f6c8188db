"""An update whose parts are compiled: the same update, of few graphs, which nothing makes anew."""

import copy

import pytest
import torch
from micro import do_without_trainer
from torch._inductor.compile_worker.subproc_pool import SubprocException
from torch._inductor.exc import InductorError

from lfsc.training.build import build_module
from lfsc.training.compiling import compile_failure, compile_parts

# All families with several members, as the recipe lfsc_22khz has them, as narrow as they work.
FAMILIES = (
    "discriminators.stft.resolutions=[[128,32,128],[512,128,512]]",
    "discriminators.period.periods=[2,3]",
)
UPDATES = 3


def updates_of(module, audio):
    """What the losses of both networks are in updates of the two kinds, in turns, and the weights behind them."""
    do_without_trainer(module)
    found = []
    for number in range(UPDATES):
        module.training_step(type("Batch", (), {"audio": audio}), number)
        found.append({name: float(module.scalars[name]) for name in module.loss_weights})
    return found, module.state_dict()


@pytest.fixture
def module(configure):
    torch.manual_seed(0)
    torch.compiler.reset()
    return build_module(configure(*FAMILIES))


@pytest.fixture
def audio():
    """Of a number of clips that is no other size: torch takes sizes that are equal once for equal always."""
    return 0.1 * torch.randn(7, 4096, generator=torch.Generator().manual_seed(0))


class Counted:
    """A compiler that changes nothing, and counts what it is given."""

    def __init__(self):
        self.graphs = 0
        self.constants = []  # that a pass would bring along through the CPU

    def __call__(self, graph, inputs):
        self.graphs += 1
        self.constants += [each for each in inputs if isinstance(each, torch.Tensor) and each.dtype == torch.float64]
        return graph.forward


# Encoder, decoder and feature loss; the discriminators are three families for three uses: both sides in their own step,
# and in the generator's the real side without a graph and the fake one, whose weights do not learn; some twice.
@pytest.mark.parametrize(("parts", "graphs"), [(True, 3), pytest.param("all", 16, marks=pytest.mark.slow)])
def test_an_update_is_few_graphs(module, audio, parts, graphs):
    plain, compiler = copy.deepcopy(module), Counted()
    breaks = dict(torch._dynamo.utils.counters["graph_break"])
    compile_parts(module, parts, backend=compiler)
    found, weights = updates_of(module, audio)
    expected, expected_weights = updates_of(plain, audio)
    assert (compiler.graphs, compiler.constants) == (graphs, [])
    assert torch._dynamo.utils.counters["graph_break"] == breaks
    for ours, theirs in zip(found, expected, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-5)
    assert weights.keys() == expected_weights.keys()


@pytest.mark.slow
def test_what_autograd_traces_is_the_same_update(module, audio):
    plain = copy.deepcopy(module)
    compile_parts(module, "all", backend="aot_eager")
    for ours, theirs in zip(updates_of(module, audio)[0], updates_of(plain, audio)[0], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4)


@pytest.mark.slow
def test_a_compiled_run_learns_what_a_plain_one_does(micro, configure):
    settings = ("max_updates=2", "validate_every=2", "log_every=1")
    plain, compiled = configure(*settings), configure(*settings, "compile=true", "name=compiled")
    for config in (plain, compiled):
        micro.train(config)
    rows = [micro.history(micro.run_of(config))[-1] for config in (compiled, plain)]
    for name in ("train/mel", "train/discriminator", "val/mel"):
        assert float(rows[0][name]) == pytest.approx(float(rows[1][name]), rel=1e-3)


def test_what_a_process_of_inductors_raised_is_said():
    """For a GPU, Triton compiles in processes of their own, and in each of them wants a C compiler."""
    inner = SubprocException("Traceback (most recent call last):\n  File …\nRuntimeError: Failed to find C compiler.\n")
    assert compile_failure(InductorError(inner, None)) == "RuntimeError: Failed to find C compiler."
    assert compile_failure(InductorError(RuntimeError("no\nway"), None)) == "RuntimeError: no"
    assert compile_failure(inner) is None


@pytest.mark.slow
def test_where_nothing_can_be_compiled_it_is_said_what_to_do(micro, configure):
    with (
        torch._inductor.config.patch({"cpp.cxx": ("/nowhere/g++",), "fx_graph_cache": False}),
        pytest.raises(ValueError, match=r"^compile=true, and a part could not be compiled: \S.*; take compile=false$"),
    ):
        micro.train(configure("max_updates=1", "validate_every=10", "compile=true"))
