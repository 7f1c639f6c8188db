"""Updates of the discriminators alone, before the run's own."""

import pytest
import torch

from lfsc.runs.metrics_rows import read_rows
from lfsc.training import build
from lfsc.training.callbacks.max_updates import MaxUpdates
from lfsc.training.discriminator_warmup import DiscriminatorWarmup

SETTINGS = ("max_updates=4", "validate_every=2", "checkpoint_every=3", "log_every=1", "discriminators.warmup_updates=7")


@pytest.fixture(scope="module")
def warmed(train_run):
    """A run with a warm-up."""
    return train_run(*SETTINGS)


def weights_at_zero(micro, config):
    """The weights when the first update of the run begins."""
    found = {}

    class Look(MaxUpdates):
        def on_train_batch_end(self, trainer, module, *_):
            if module.updates == 0 and module.warmup.done == module.warmup.updates:
                found.update({name: value.clone() for name, value in module.state_dict().items()})
            super().on_train_batch_end(trainer, module)

    original, build.MaxUpdates = build.MaxUpdates, Look
    try:
        micro.train(config)
    finally:
        build.MaxUpdates = original
    return found


@pytest.mark.parametrize("num_micro_batches", [1, 2])
def test_only_the_discriminators_learn(micro, configure, num_micro_batches):
    config = configure(*SETTINGS, f"num_micro_batches={num_micro_batches}", "max_updates=1")
    torch.manual_seed(config["seed"])
    untouched = build.build_module(config).state_dict()
    found = weights_at_zero(micro, config)
    assert {name for name in found if not torch.equal(found[name], untouched[name])} == {
        name for name in found if name.startswith("discriminators.")
    }


def test_the_codec_has_a_graph_in_no_update_of_it(micro, configure, monkeypatch):
    with_graph = []
    reconstruct = build.CodecModule.reconstruct

    def watched(module, real):
        fake = reconstruct(module, real)
        with_graph.append(fake.requires_grad)
        return fake

    monkeypatch.setattr(build.CodecModule, "reconstruct", watched)
    micro.train(configure("max_updates=1", "discriminators.warmup_updates=2", "data.max_val_clips=0"))
    assert with_graph == [False, False, True]


def test_it_is_counted_apart(micro, warmed):
    checkpoint = micro.checkpoint_of(warmed)
    assert (checkpoint["updates"], checkpoint["warmup"]) == (4, {"updates": 7, "done": 7, "families": None})
    steps = [next(iter(state["state"].values()))["step"].item() for state in checkpoint["optimizer_states"]]
    assert steps == [4, 7 + 2]  # the discriminators step in one update of two
    assert [int(row["update"]) for row in micro.history(warmed)] == list(range(5))


def test_it_is_logged_as_warmup(micro, warmed):
    rows = read_rows(warmed.warmup_file)
    assert [int(row["update"]) for row in rows] == list(range(1, 8))
    assert all(float(row["train/discriminator"]) > 0 for row in rows)
    assert not any("train/mel" in row for row in rows)
    first, *others = micro.history(warmed)
    assert float(first["warmup/updates"]) == 7
    assert float(first["warmup/discriminator"]) == float(rows[-1]["train/discriminator"])
    assert "val/mel" in first
    assert not any(name.startswith("warmup/") for row in others for name in row)


@pytest.mark.parametrize("done", [5, 7])
def test_one_that_was_killed_in_it_resumes_bit_for_bit(micro, configure, warmed, done):
    config = configure(*SETTINGS)
    run = micro.kill(config, after=lambda module: module.warmup.done == done)
    assert micro.checkpoint_of(run)["warmup"] == {"updates": 7, "done": done // 3 * 3, "families": None}
    micro.resume(config)
    assert micro.differences(micro.learned(run), micro.learned(warmed)) == []
    assert micro.history(run) == micro.history(warmed)
    ours, theirs = (
        [{k: v for k, v in row.items() if not k.startswith(micro.TIMES)} for row in read_rows(one.warmup_file)]
        for one in (run, warmed)
    )
    assert ours == theirs


def test_it_is_due_every_so_often_and_at_its_end():
    warmup = DiscriminatorWarmup(updates=5)
    due = []
    for update in range(1, 8):
        assert warmup.count_update() == (update <= 5)
        due += [update] if warmup.is_due(2) else []
    assert due == [2, 4, 5]


def test_less_than_none_is_refused():
    with pytest.raises(ValueError, match=r"discriminators\.warmup_updates=-1: expected 0 or more"):
        DiscriminatorWarmup(updates=-1)
