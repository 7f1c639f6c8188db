"""`lfsc resume` from the command line."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from transformers import WavLMModel

import lfsc
from lfsc.cli import main
from lfsc.commands.resume import change
from lfsc.runs.directory import Run


@pytest.fixture
def ended(micro, noise_corpus, tmp_path):
    """A run of two updates, with a checkpoint of each."""
    steps = ("max_updates=2", "validate_every=10", "checkpoint_every=1")
    config = micro.configuration(noise_corpus, tmp_path, *steps)
    micro.train(config)
    return micro.run_of(config)


def test_a_finished_run_resumes_when_it_is_given_a_new_end(ended, micro, capsys):
    assert main(["resume", str(ended.path)]) == 2
    assert f"is finished at update 2; `lfsc resume {ended.path} max_updates=4` resumes" in capsys.readouterr().err
    (ended.checkpoints / "update-00000002.ckpt").write_bytes(b"torn")
    assert main(["resume", str(ended.path), "max_updates=3", "log_every=1"]) == 0
    reported = capsys.readouterr()
    assert "resuming" in reported.err and "update-00000001.ckpt" in reported.err
    assert "finished at update 3 of 3" in reported.out
    assert micro.checkpoint_of(ended)["updates"] == 3
    assert (ended.checkpoints / "update-00000002.ckpt").stat().st_size > 1000, "it was made again"
    environment = ended.environment()
    assert len(environment["commands"]) == 2 and ended.config()["log_every"] == 1


def test_a_run_whose_status_was_removed_says_how_far_it_came(ended, capsys):
    ended.status_file.unlink()
    assert main(["resume", str(ended.path), "max_updates=1"]) == 2
    assert f"is already at update 2; `lfsc resume {ended.path}` resumes" in capsys.readouterr().err


def test_a_run_that_was_killed_before_it_could_report_its_end_reports_it(ended, capsys):
    status = ended.status()
    ended.status_file.write_text(json.dumps(status._asdict() | {"state": "running", "pid": 2**22 + 1}))
    assert ended.status().effective_state == "killed"
    assert main(["resume", str(ended.path)]) == 0
    assert "finished at update 2 of 2" in capsys.readouterr().out
    assert ended.status().state == "finished"


def test_a_run_that_was_moved_resumes_where_it_lies(ended, micro, tmp_path):
    moved = Run(tmp_path / "elsewhere" / "renamed")
    shutil.copytree(ended.path, moved.path)
    assert main(["resume", str(ended.path), "max_updates=3"]) == 0
    # What it was copied from is not there any more, and must not come back.
    expected = micro.checkpoint_of(ended)["state_dict"]
    shutil.rmtree(ended.path)
    assert main(["resume", str(moved.path), "max_updates=3"]) == 0
    assert not ended.path.exists()
    assert moved.status().state == "finished" and moved.status().update == 3
    found = micro.checkpoint_of(moved)["state_dict"]
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_a_frozen_model_may_lie_elsewhere_and_is_no_other(micro, noise_corpus, tmp_path, capsys):
    folder = Path(__file__).parents[1] / "nemo_oracle" / "tiny" / "wavlm"
    slm = ("slm=wavlm", f"slm.path={folder}", "~slm.width", "~slm.layers")
    config = micro.configuration(noise_corpus, tmp_path, *slm, "max_updates=1", "data.max_val_clips=0")
    micro.train(config)
    run, moved, other = micro.run_of(config), tmp_path / "moved", tmp_path / "other"
    shutil.copytree(folder, moved)
    model = WavLMModel.from_pretrained(folder)
    with torch.no_grad():
        model.feature_projection.projection.bias[0] += 1e-3
    model.save_pretrained(other)
    resume = ["resume", str(run.path), "max_updates=2"]
    assert main([*resume, f"slm.path={other}"]) == 2
    assert "slm.0.transform has other weights than the run began with" in capsys.readouterr().err
    assert main([*resume, "slm.path=null"]) == 2
    assert "its codec or its discriminators were changed" in capsys.readouterr().err
    assert run.config() == config and micro.checkpoint_of(run)["updates"] == 1
    assert main([*resume, f"slm.path={moved}"]) == 0
    assert run.config()["slm"]["path"] == run.config()["discriminators"]["slm"]["slm"]["path"] == str(moved)


def test_the_average_is_what_is_exported(micro, noise_corpus, tmp_path):
    config = micro.configuration(noise_corpus, tmp_path, "max_updates=3", "checkpoint_every=1", "ema_decay=0.5")
    micro.train(config)
    run = micro.run_of(config)
    assert main(["export", str(run.path), str(tmp_path / "bundle"), "--format", "bundle"]) == 0
    contents = micro.checkpoint_of(run)
    for codec in (lfsc.load(run.path), lfsc.load(tmp_path / "bundle")):
        for name, parameter in codec.named_parameters():
            assert torch.equal(parameter, contents["ema"][f"codec.{name}"]), name
        raw = contents["state_dict"]
        assert any(not torch.equal(parameter, raw[f"codec.{name}"]) for name, parameter in codec.named_parameters())


def test_a_run_does_not_go_back(ended, capsys):
    assert main(["resume", str(ended.path), "max_updates=1"]) == 2
    assert "is finished at update 2; " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["seed=3"], "seed cannot change within a run"),
        (["codec.encoder.channels=3"], "init_from=RUN codec.encoder.channels=3` starts another"),
        (["freeze=[encoder]"], "freeze cannot change within a run"),
        (["initialization=torch"], "initialization cannot change within a run"),
        (["losses.reconstruction.waveform.weight=3"], "+losses.reconstruction.NAME={…} adds a whole entry"),
        (["+losses.reconstruction.waveform.weight=3"], "+losses.reconstruction.NAME={…} adds a whole entry"),
        (
            ["+losses.reconstruction.x={loss: {_target_: a.B}}"],
            "x is no entry of a run (a new one has weight and loss)",
        ),
        (["+callbacks.x=5"], "callbacks.x is no entry of a run (a new one has _target_)"),
        (["max_updats=3"], "no key 'max_updats' in this run"),
        (["trainer.max_steps=3"], "set max_updates instead"),
        (["max_updates=many"], "max_updates=many: expected a whole number"),
    ],
)
def test_what_cannot_change_is_one_line(micro, noise_corpus, tmp_path, capsys, items, message):
    config = micro.configuration(noise_corpus, tmp_path)
    run = micro.run_of(config)
    run.prepare(config, recipe="demo", command=[], index_hash=None, own_code={})
    assert main(["resume", str(run.path), *items]) == 2
    reported = capsys.readouterr().err
    assert message in reported and reported.count("\n") == 1


def test_when_the_discriminators_start_can_change(micro, noise_corpus, tmp_path):
    config = micro.configuration(noise_corpus, tmp_path)
    assert change(config, ["discriminators.start_at=3"])["discriminators"]["start_at"] == 3


def test_what_discriminators_gave_is_not_repeated_until_they_start_again(ended, micro):
    assert main(["resume", str(ended.path), "max_updates=4", "discriminators.start_at=3"]) == 0
    rows = {int(row["update"]): row for row in micro.history(ended)}
    judged = {"train/adversarial", "train/features", "train/discriminator", "grad_norm/discriminators"}
    assert judged <= rows[2].keys()
    assert not judged & rows[3].keys() and "train/mel" in rows[3]
    # Update 4 is one without the discriminators' own step.
    assert rows[4].keys() & judged == {"train/adversarial", "train/features"}


def test_a_loss_can_be_added(ended, micro):
    loss = "{weight: 1, loss: {_target_: lfsc.losses.waveform.WaveformLoss}}"
    assert main(["resume", str(ended.path), "max_updates=3", f"+losses.reconstruction.waveform={loss}"]) == 0
    assert next(row for row in micro.history(ended) if "train/waveform" in row)["update"] == "3"


def test_a_run_that_is_none(tmp_path, capsys):
    assert main(["resume", str(tmp_path)]) == 2
    assert "is not a run: it has no config.yaml" in capsys.readouterr().err
