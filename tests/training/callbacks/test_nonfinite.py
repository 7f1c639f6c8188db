"""Losses and gradients that are not finite, injected into real runs."""

import json
import math

import pytest
import torch
from lightning import Callback

from lfsc.training import build
from lfsc.training.callbacks.max_updates import MaxUpdates
from lfsc.training.callbacks.nonfinite import NotFinite

SETTINGS = ("max_updates=8", "data.max_val_clips=0", "checkpoint_every=1", "keep_last=20", "log_every=4")


class Spoil(MaxUpdates):
    """Puts NaN into the batch before these updates, on these ranks."""

    updates: tuple[int, ...] = ()
    ranks: tuple[int, ...] = (0,)

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        if module.updates in self.updates and trainer.global_rank in self.ranks:
            batch.audio[0, 100] = math.nan


class SpoilLoss(Callback):
    """Makes one network's loss infinite at an update; its gradients stay finite."""

    def __init__(self, network, update):
        self.network = network
        self.update = update

    def on_train_start(self, trainer, module):
        optimizer = module.gan_optimizers[self.network]
        original = optimizer.scale
        optimizer.scale = lambda loss: original(loss + math.inf if module.updates == self.update else loss)


@pytest.fixture
def spoiled(monkeypatch):
    def spoil(*updates, ranks=(0,)):
        monkeypatch.setattr(build, "MaxUpdates", type("Spoil", (Spoil,), {"updates": updates, "ranks": ranks}))

    return spoil


def recorded(run):
    return [json.loads(line) for line in run.nonfinite_file.read_text().splitlines()]


def weights(micro, run, update):
    return micro.checkpoint_of(run, f"update-{update:08d}.ckpt")


def test_a_spoiled_batch_is_skipped_and_its_keys_are_reported(micro, configure, spoiled):
    spoiled(2, 5)
    config = configure(*SETTINGS)
    module = micro.train(config)
    run = micro.run_of(config)
    first, second = recorded(run)
    assert (first["update"], first["skipped"]) == (3, ["generator", "discriminators"])
    assert (second["update"], second["skipped"]) == (6, ["generator"]), "it was no discriminator step"
    assert len(first["keys"]) == 1 and len(first["keys"][0]) == config["batch_size"]
    assert first["values"][0]["mel"] == "nan"
    assert {name: int(optimizer.skipped) for name, optimizer in module.gan_optimizers.items()} == {
        "generator": 2,
        "discriminators": 1,
    }
    before, after = weights(micro, run, 2), weights(micro, run, 3)
    for part in ("state_dict", "optimizer_states"):
        assert micro.differences(before[part], after[part]) == []
    assert micro.differences(after["state_dict"], weights(micro, run, 4)["state_dict"]) != []
    assert all(value.isfinite().all() for value in module.state_dict().values())
    assert micro.history(run)[-1]["skipped/generator"] == "2"


@pytest.mark.parametrize("network", ["generator", "discriminators"])
def test_the_other_network_takes_its_step(micro, configure, monkeypatch, network):
    monkeypatch.setattr(build, "optional_callbacks", lambda *_: [SpoilLoss(network, 2)])
    config = configure(*SETTINGS, "max_updates=3")
    micro.train(config)
    before, after = (weights(micro, micro.run_of(config), update)["state_dict"] for update in (2, 3))
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"codec", "discriminators"} - {{"generator": "codec"}.get(network, network)}


def test_too_many_consecutive_ones_end_the_run_with_what_it_saw(micro, configure, spoiled):
    spoiled(3, 4, 5, 6, 7)
    config = configure(*SETTINGS, "max_consecutive_nonfinite=3", "max_updates=100")
    with pytest.raises(NotFinite, match=r"the generator skipped 3 consecutive steps.* \(at update 6: .*mel nan"):
        micro.train(config)
    run = micro.run_of(config)
    assert [line["update"] for line in recorded(run)] == [4, 5, 6]
    assert (run.status().state, run.status().update) == ("failed", 6)
    assert "the generator skipped 3 consecutive steps" in run.status().message


def train_rank(rank, micro, config):
    build.MaxUpdates = type("Spoil", (Spoil,), {"updates": (2,), "ranks": (1,)})
    module = micro.train(config | {"trainer": config["trainer"] | {"devices": 2, "strategy": "ddp"}})
    torch.save(module.state_dict(), micro.run_of(config).path / f"rank-{rank}.pt")


def test_all_ranks_skip_what_one_of_them_could_not_use(micro, configure):
    config = configure(*SETTINGS, "max_updates=4")
    processes = micro.started_ranks(2, train_rank, micro, config)
    for process in processes:
        process.join(120)
    run = micro.run_of(config)
    assert [process.exitcode for process in processes] == [0, 0]
    ranks = [torch.load(run.path / f"rank-{rank}.pt", weights_only=True) for rank in range(2)]
    assert micro.differences(*ranks) == []
    (line,) = recorded(run)
    assert line["update"] == 3
    assert [values["mel"] == "nan" for values in line["values"]] == [False, True]
    assert len(line["keys"]) == 2 and line["keys"][0] != line["keys"][1]
