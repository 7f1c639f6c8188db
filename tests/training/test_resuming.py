"""Nothing lost: a run that was killed and resumed is the run that was not."""

import torch


def test_a_killed_run_resumes_bit_for_bit(micro, configure, finished, full_settings):
    config = configure(*full_settings)
    run = micro.kill(config, after=lambda module: module.updates == 8)
    assert (run.status().effective_state, [int(row["update"]) for row in micro.history(run)]) == (
        "killed",
        list(range(8)),
    )
    micro.resume(config)
    assert run.status().effective_state == "finished"
    assert micro.differences(micro.learned(run), micro.learned(finished)) == []
    assert micro.history(run) == micro.history(finished)


def test_every_update_has_one_row(micro, finished):
    assert [int(row["update"]) for row in micro.history(finished)] == list(range(13))


def test_a_checkpoint_holds_plain_things_alone(finished):
    checkpoint = torch.load(finished.checkpoints / "last.ckpt", weights_only=True)
    assert checkpoint["updates"] == 12
    assert {
        "state_dict",
        "optimizer_states",
        "lr_schedulers",
        "gan_optimizers",
        "callbacks",
        "config",
    } <= checkpoint.keys()
    assert not any("slm" in name and "network" not in name for name in checkpoint["state_dict"])


def test_the_checkpoint_has_the_average_under_the_names_of_the_weights(finished):
    checkpoint = torch.load(finished.checkpoints / "last.ckpt", weights_only=True)
    assert checkpoint["ema"].keys() == {name for name in checkpoint["state_dict"] if name.startswith("codec.")}


def test_a_finished_run_can_be_extended(micro, configure):
    short = configure("max_updates=2", "validate_every=10", "name=extended")
    micro.train(short)
    micro.resume(short | {"max_updates": 4})
    micro.train(configure("max_updates=4", "validate_every=2", "name=whole"))
    extended, whole = (micro.run_of(configure(f"name={name}")) for name in ("extended", "whole"))
    assert micro.differences(micro.learned(extended)["state_dict"], micro.learned(whole)["state_dict"]) == []
    assert [row["update"] for row in micro.history(extended)] == ["0", "1", "2", "3", "4"]
