"""Discriminators that start late: spectral losses alone before, all of it after."""

import itertools

import pytest
import torch

from lfsc.cli import main

SETTINGS = ("max_updates=6", "validate_every=3", "checkpoint_every=1", "keep_last=9", "log_every=1")
START = 3
# After each update; discriminator_update_period=2: the discriminators step in 0, 2, 4 …, first of all in the fifth.
ALONE = {"mel", "stft"}
AFTER = ALONE | {"adversarial", "features"}
EXPECTED = {1: ALONE, 2: ALONE, 3: ALONE, 4: AFTER, 5: AFTER | {"discriminator"}, 6: AFTER | {"discriminator"}}


@pytest.fixture(scope="module")
def late(train_run):
    """A run of six updates whose discriminators start at the fourth."""
    return train_run(*SETTINGS, f"discriminators.start_at={START}")


def test_before_it_losses_are_those_of_reconstruction_alone(micro, late):
    rows = {int(row["update"]): row for row in micro.history(late)}
    for update in range(1, 7):
        losses = {name.removeprefix("train/") for name in rows[update] if name.startswith("train/")}
        assert losses == EXPECTED[update], update
        assert any(name.startswith("discriminator/") for name in rows[update]) == (update >= 5)
    assert "val/loss_adversarial" not in rows[0] and "val/loss_mel" in rows[0]
    assert "val/loss_adversarial" in rows[3] and "val/loss_adversarial" in rows[6]


def test_before_it_no_discriminator_steps_and_after_it_all_do(micro, late):
    checkpoints = [micro.checkpoint_of(late, f"update-{update:08d}.ckpt") for update in range(1, 7)]
    weights = [
        {name: value for name, value in checkpoint["state_dict"].items() if name.startswith("discriminators.")}
        for checkpoint in checkpoints
    ]
    for before, after in itertools.pairwise(weights[:3]):
        assert micro.differences(before, after) == []
    assert micro.differences(weights[2], weights[3]) == []
    assert not any(torch.equal(weights[3][name], weights[4][name]) for name in weights[4])
    steps = [checkpoint["optimizer_states"][1]["state"] for checkpoint in checkpoints]
    assert [next(iter(state.values()))["step"].item() if state else 0 for state in steps] == [0, 0, 0, 0, 1, 1]


def test_until_then_the_codec_learns_what_it_learns_without_any(micro, configure, late):
    """The first three updates are those of a run that ends where the discriminators would start."""
    config = configure(*SETTINGS, "max_updates=4", f"discriminators.start_at={START}", "discriminators.period=null")
    micro.train(config)
    alone, ours = (micro.checkpoint_of(run, "update-00000003.ckpt") for run in (micro.run_of(config), late))
    assert all(
        torch.equal(value, ours["state_dict"][name])
        for name, value in alone["state_dict"].items()
        if name.startswith("codec.")
    )


def test_from_the_beginning_is_what_zero_says(micro, configure):
    config = configure("max_updates=1", "validate_every=1", "discriminators.start_at=0")
    micro.train(config)
    assert {"train/adversarial", "val/loss_features"} <= micro.history(micro.run_of(config))[-1].keys()


@pytest.mark.parametrize("update", [3, 4, 5])
def test_a_run_that_was_killed_around_it_resumes_bit_for_bit(micro, configure, late, update):
    """From the checkpoint of the update before: the last without discriminators, and the first two with them."""
    config = configure(*SETTINGS, f"discriminators.start_at={START}")
    run = micro.kill(config, after=lambda module: module.updates == update)
    assert micro.checkpoint_of(run)["updates"] == update - 1
    micro.resume(config)
    assert micro.differences(micro.learned(run), micro.learned(late)) == []
    assert micro.history(run) == micro.history(late)


@pytest.mark.parametrize("start_at", [6, 7, -1, "never", "null"])
def test_a_start_that_never_comes_is_one_line(micro, noise_corpus, tmp_path, capsys, start_at):
    fixed = [f"data.path={noise_corpus}", f"runs_root={tmp_path}", "trainer=cpu", *SETTINGS]
    assert main(["train", str(micro.RECIPE), *fixed, f"discriminators.start_at={start_at}"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "discriminators.start_at=" in line and "expected a whole number" in line
    assert not (tmp_path / "demo").exists()


def test_a_warmup_comes_before_all(micro, configure):
    """In it the discriminators learn whatever start_at says, and then wait."""
    config = configure(*SETTINGS, "max_updates=2", "discriminators.start_at=1", "discriminators.warmup_updates=2")
    module = micro.train(config)
    assert (module.warmup.done, module.updates) == (2, 2)
    rows = micro.history(micro.run_of(config))
    assert "warmup/discriminator" in rows[0]
    assert "train/adversarial" not in rows[1] and "train/adversarial" in rows[2]
    assert "train/discriminator" not in rows[1], "the warm-up's"
