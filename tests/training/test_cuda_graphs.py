"""Updates that are captured and replayed are the updates that they stand in for: all but the capture by a device."""

import copy
import gc

import pytest
import torch
from micro import do_without_trainer
from replaying import CpuRecorder

from lfsc.training import cuda_graphs
from lfsc.training.build import build_module
from lfsc.training.cuda_graphs import CapturedUpdates, uncached_autocast

UPDATES = 2 + 6  # of the two kinds in turns: one rehearsal of each, and three of each replayed


@pytest.fixture(autouse=True)
def one_rehearsal(monkeypatch):
    """A CPU needs no more."""
    monkeypatch.setattr(cuda_graphs, "REHEARSALS", 1)


def batches(count: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [0.1 * torch.randn(2, 4096, generator=generator) for _ in range(count)]


def losses_of(module, audio) -> list[dict[str, float]]:
    found = []
    for number, clips in enumerate(audio):
        module.training_step(type("Batch", (), {"audio": clips}), number)
        found.append(dict(module.scalars))
    # Read at the end: an update's values must not become those of a later one.
    return [{name: float(value) for name, value in row.items()} for row in found]


@pytest.fixture
def pair(configure):
    """A module that runs its updates, the same one that replays them, and what recorded these."""

    def make(*overrides: str):
        torch.manual_seed(0)
        # A rate that changes with each update: a replay must read the new one.
        config = configure(
            "optimizers.generator.schedule.period=1", "optimizers.generator.schedule.decay=0.7", *overrides
        )
        plain, recorder = build_module(config), CpuRecorder()
        captured = copy.deepcopy(plain)
        captured.run_update = CapturedUpdates(captured, make_recorder=lambda: recorder)
        return do_without_trainer(plain), do_without_trainer(captured), recorder

    return make


def assert_equal(ours, theirs, *, within: float = 1e-5):
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        assert ours[name] == pytest.approx(value, rel=within, abs=within), name


@pytest.mark.parametrize("is_half", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("overrides", [(), pytest.param(("num_micro_batches=2",), marks=pytest.mark.slow)])
def test_replayed_updates_are_those_that_they_stand_in_for(pair, overrides, is_half):
    plain, captured, recorder = pair("optimizers.generator.clip_norm=0.1", *overrides)
    audio = batches(UPDATES)
    # A weight that is cast once for all its uses has its gradients added in bf16: other last bits.
    with torch.autocast("cpu", torch.bfloat16, enabled=is_half), uncached_autocast():
        expected, found = losses_of(plain, audio), losses_of(captured, audio)
    assert len(recorder.graphs) == recorder.rehearsed == 2
    # The learning rate in float32 moves a weight by less than a last bit, which in bf16 is another activation.
    for ours, theirs in zip(found, expected, strict=True):
        assert_equal(ours, theirs, within=1e-3 if is_half else 1e-5)
    for (name, ours), theirs in zip(captured.state_dict().items(), plain.state_dict().values(), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-4, atol=1e-3 if is_half else 1e-6), name


def test_what_a_replay_reads_outlives_a_validation(pair):
    """A graph holds addresses alone: whatever Python lets go of, somebody else writes to."""
    _, captured, recorder = pair()
    losses_of(captured, batches(UPDATES))
    with torch.no_grad():
        captured.losses(*(0.1 * torch.randn(1, 8192) for _ in range(2)))  # of another length
    read = set().union(*(graph.read for graph in recorder.graphs))
    inputs = [(kind.audio, kind.rates) for kind in captured.run_update.kinds.values()]
    # Now nobody holds them for the graphs' sake.
    recorder.graphs.clear()
    captured.run_update = captured.train_networks
    gc.collect()
    tensors = [each for each in gc.get_objects() if type(each) in (torch.Tensor, torch.nn.Parameter)]
    living = {each.untyped_storage().data_ptr() for each in tensors if each.layout == torch.strided}
    assert inputs and read <= living


@pytest.mark.slow
def test_discriminators_that_start_late_have_graphs_of_their_own(pair):
    plain, captured, recorder = pair("discriminators.start_at=3")
    audio = batches(3 + UPDATES)
    expected, found = losses_of(plain, audio), losses_of(captured, audio)
    assert len(recorder.graphs) == 3
    for ours, theirs in zip(found, expected, strict=True):
        assert_equal(ours, theirs)


def test_a_replayed_update_that_is_not_finite_is_skipped_and_counted(pair):
    plain, captured, _ = pair()
    audio = batches(UPDATES)
    audio[-4] = torch.full_like(audio[-4], torch.nan)
    losses_of(plain, audio), losses_of(captured, audio)
    for name, optimizer in captured.gan_optimizers.items():
        assert int(optimizer.skipped) == int(plain.gan_optimizers[name].skipped) == 1
        assert int(optimizer.consecutive_skipped) == 0
    assert all(value.isfinite().all() for value in captured.state_dict().values())
    # Schedules and checkpoints know plain numbers.
    for network in captured.networks:
        (group,) = captured.torch_optimizer(network).param_groups
        assert isinstance(group["lr"], float)
        assert not group["capturable"]


def test_an_optimizer_that_waits_for_the_device_is_refused(pair):
    _, captured, _ = pair("optimizers.generator.fused=false")
    with pytest.raises(ValueError, match=r"optimizers\.generator is Adam without fused=true"):
        losses_of(captured, batches(1))


def test_what_broke_a_capture_is_named(pair):
    """torch says of a broken capture only that there was an error before."""
    _, captured, recorder = pair()

    def record(work):
        try:
            raise RuntimeError("operation not permitted when stream is capturing\nCompile with …")
        finally:
            raise RuntimeError("operation failed due to a previous error during capture")

    recorder.record = record
    message = "could not be captured: operation not permitted when stream is capturing; take cuda_graphs=false"
    with pytest.raises(ValueError, match=message):
        losses_of(captured, batches(3))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ((), "needs a GPU, and this run is on the CPU"),
        (
            ("trainer.accelerator=gpu", "trainer.devices=2"),
            r"trainer\.devices=2, .*: expected one device",
        ),
        (("trainer=ddp", "trainer.accelerator=gpu", "trainer.devices=1"), r"trainer\.strategy=ddp, "),
        (("trainer.accelerator=gpu", "debug.profile=8"), r"debug\.profile=8, which waits"),
        (("trainer.accelerator=gpu", "trainer.precision=16-mixed"), "take bf16-mixed"),
        (("trainer.accelerator=gpu", "debug.anomaly=true"), r"debug\.anomaly=true"),
    ],
)
def test_runs_that_cannot_be_captured(configure, overrides, message):
    with pytest.raises(ValueError, match=message):
        build_module(configure("cuda_graphs=true", *overrides))


@pytest.mark.gpu
def test_a_device_replays_the_updates(pair, monkeypatch):
    # Other bits of it, where gradients are added up in any order, would be other weights after a step.
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    plain, captured, _ = pair()
    plain, captured = plain.cuda(), captured.cuda()
    captured.run_update = CapturedUpdates(captured)
    audio = [clips.cuda() for clips in batches(UPDATES)]
    for ours, theirs in zip(losses_of(captured, audio), losses_of(plain, audio), strict=True):
        # Not the fractions of scores beside them: one score in a few is much.
        ours, theirs = ({name: row[name] for name in plain.loss_weights if name in row} for row in (ours, theirs))
        assert_equal(ours, theirs, within=1e-3)
