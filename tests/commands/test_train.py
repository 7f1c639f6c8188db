"""`lfsc train` from the command line."""

import json
import signal
import sys
import time

import pytest
import yaml

from lfsc.cli import main
from lfsc.commands import train_grid
from lfsc.commands.train import await_corpus, changed_keys, note_failure
from lfsc.config.compose import compose
from lfsc.config.run_config import without_copies
from lfsc.runs.directory import Run
from lfsc.runs.status import FAILED, INTERRUPTED, Status
from lfsc.shards import index
from lfsc.training import build
from lfsc.training.callbacks.max_updates import MaxUpdates

SHORT = ("max_updates=2", "validate_every=2", "trainer=cpu")


@pytest.fixture
def train(micro, noise_corpus, tmp_path):
    """A function that gives the command to `lfsc` and returns its exit status."""

    def command(*items):
        return main(["train", str(micro.RECIPE), f"data.path={noise_corpus}", f"runs_root={tmp_path}", *SHORT, *items])

    command.run = Run(tmp_path / "demo")
    return command


def test_a_run_from_its_beginning_to_its_end(train, capsys):
    assert train() == 0
    shown = capsys.readouterr().out
    for part in ("finished at update 2 of 2", "metrics.csv", "lfsc reconstruct YOUR.wav OUT.wav", "lfsc resume"):
        assert part in shown
    assert train.run.environment()["recipe"].endswith("micro.yaml")
    assert train() == 2
    assert "is finished: `lfsc resume" in capsys.readouterr().err
    assert train("--continue", "max_updates=1") == 0
    reported = capsys.readouterr()
    assert "finished at update 2 of 2" in reported.out
    assert "the run ended as it was begun; `lfsc resume` changes max_updates\n" in reported.err


def test_a_continued_run_names_what_differs_and_how_it_can_change(train, capsys):
    assert train() == 0
    capsys.readouterr()
    assert train("--continue", "max_updates=1", "ema_decay=0.9", "codec.encoder.channels=4") == 0
    told = capsys.readouterr().err
    assert "ended as it was begun; `lfsc resume` changes max_updates, ema_decay; name=… begins another run" in told
    assert told.endswith("with this codec.encoder.channels\n")


def test_a_continued_run_names_no_copies_of_a_key():
    begun = compose("lfsc_22khz", ["data.path=x"])
    asked = compose("lfsc_22khz", ["data.path=x", "batch_size=7", "data.crop_length=512", "slm.path=here", "seed=8"])
    found = without_copies(list(changed_keys(begun, asked)), asked)
    assert sorted(found) == ["batch_size", "data.crop_length", "seed", "slm.path"]


def test_a_finished_run_that_continues_to_a_later_end_is_told_how(train, capsys):
    assert train() == 0
    capsys.readouterr()
    assert train("--continue", "max_updates=3") == 2
    reported = capsys.readouterr()
    assert not reported.out and reported.err.count("\n") == 1
    advised = f"lfsc resume {train.run.path} max_updates=3"
    assert f"is finished with max_updates=2: `{advised}` continues it" in reported.err
    assert main(advised.split()[1:]) == 0
    assert train.run.status().update == 3


def interrupted(command):
    class Signal(MaxUpdates):
        def on_train_batch_end(self, trainer, module, *_):
            super().on_train_batch_end(trainer, module)
            signal.raise_signal(signal.SIGTERM)

    build.MaxUpdates = Signal
    raise SystemExit(command("max_updates=5"))


def test_an_interrupted_run_exits_with_75_and_resumes(train, micro, capsys):
    process = micro.started(interrupted, train)
    process.join(120)
    assert process.exitcode == 75
    assert (train.run.status().state, train.run.status().update) == ("interrupted", 1)
    assert train("max_updates=5") == 2
    assert "was interrupted: `lfsc resume" in capsys.readouterr().err
    assert train("max_updates=5", "--continue") == 0
    assert train.run.status().update == 5


def test_the_configuration_is_shown_and_nothing_trained(train, capsys):
    assert train("--show") == 0
    assert yaml.safe_load(capsys.readouterr().out)["max_updates"] == 2
    assert not train.run.path.exists()


@pytest.mark.parametrize("option", [("--show",), ("--cfg", "job"), ("--show", "seed=3")])
def test_what_is_open_is_shown_as_open(capsys, option):
    assert main(["train", "finetune", *option]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert (shown["data"]["path"], shown["init_from"], shown["max_updates"]) == ("???", "???", 100000)


def test_a_grid_is_shown_run_by_run(capsys):
    assert main(["train", "small", "seed=1,2", "batch_size=4", "--multirun", "--show"]) == 0
    configs = list(yaml.safe_load_all(capsys.readouterr().out))
    assert [(config["seed"], config["batch_size"], config["data"]["path"]) for config in configs] == [
        (1, 4, "???"),
        (2, 4, "???"),
    ]


def test_a_profiled_run_ends_by_itself_and_is_finished(train, capsys):
    assert train("debug=profile", "debug.profile=1", "max_updates=50", f"runs_root={train.run.path.parent}") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "finished at update 3 of 50, stopped early: 1 update traced" in shown
    assert "part of an update" in shown and f"lfsc resume {train.run.path} debug=none" in shown
    assert main(["resume", str(train.run.path), "debug=none", "max_updates=4"]) == 0
    assert (train.run.status().update, train.run.status().message) == (4, "")


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["max_updats=3"], "no key 'max_updats': did you mean max_updates?"),
        (["trainer.gradient_clip_val=1"], "set optimizers.generator.clip_norm and"),
        (["data.path=nowhere"], "nowhere"),
        (["trainer.precision=16-mixed"], "needs a GPU"),
        (["debug=all"], "no option 'all' for debug: there are anomaly, none, overfit, profile"),
        (["name=a/../b"], "name='a/../b': expected a folder's name"),
        (["num_micro_batches=3"], "num_micro_batches=3: expected a number that divides batch_size=2"),
        (["seed=1,2", "--multirun", "batch_size=log(1,2)"], "`lfsc sweep` tries ranges"),
        (["seed=1,2", "--multirun", "max_updats=3"], "no key 'max_updats': did you mean max_updates?"),
        (["seed=1,2"], "seed=1,2 is several values: a list is seed=[1,2], a text stands in quotes"),
        (["hydra.run.dir=here"], "hydra.run.dir=here: Hydra starts nothing here; runs_root and name say where"),
        (["seed=1,2", "--multirun", "hydra.sweep.dir=here"], "Hydra starts nothing here"),
        (["initialization=nope"], "initialization=nope: expected variance_preserving or torch"),
        (["~discriminators.stft", "~discriminators.period", "~discriminators.slm"], "no discriminator: expected at le"),
    ],
)
def test_what_is_wrong_is_one_line(train, capsys, items, message):
    assert train(*items) == 2
    reported = capsys.readouterr().err
    assert reported.startswith("lfsc train: ") and reported.count("\n") == 1 and message in reported


@pytest.mark.slow
def test_a_grid_is_trained_one_after_the_other(train, tmp_path, capfd):
    assert train("seed=1,2", "--multirun") == 0
    runs = [Run(tmp_path / "demo" / number) for number in "01"]
    assert [(run.config()["seed"], run.status().state) for run in runs] == [(1, "finished"), (2, "finished")]
    assert "2 of 2 runs finished" in capfd.readouterr().out


SAVING_SLOWLY = """
import os, pathlib, signal, sys, time
begun, saved = map(pathlib.Path, sys.argv[1:])
def save(*_):
    time.sleep(1)
    saved.touch()
    sys.exit(75)
signal.signal(signal.SIGTERM, save)
begun.touch()
os.kill(os.getppid(), signal.SIGINT)
time.sleep(60)
"""


def test_a_grid_that_is_interrupted_lets_its_run_save(train, tmp_path, monkeypatch, capsys):
    begun, saved = tmp_path / "begun", tmp_path / "saved"
    command = [sys.executable, "-c", SAVING_SLOWLY, str(begun), str(saved)]
    monkeypatch.setattr(train_grid, "train_command", lambda *_: command)
    # A job in the background ignores it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert train("seed=1,2", "--multirun") == 75
    finally:
        signal.signal(signal.SIGINT, before)
    assert begun.exists() and saved.exists()
    reported = capsys.readouterr()
    assert reported.out.startswith("stopped; the same command resumes ") and "demo/1" not in reported.err


def test_a_run_that_is_interrupted_before_it_trains_was_not_killed(tmp_path):
    with pytest.raises(KeyboardInterrupt), note_failure(Run(tmp_path), 20):
        raise KeyboardInterrupt("SIGTERM")
    assert Run(tmp_path).status().state == INTERRUPTED


def test_a_status_that_cannot_be_written_hides_no_failure(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "status.json")

    with pytest.raises(OSError, match="could not be written"), note_failure(Run(tmp_path), 20):
        monkeypatch.setattr(Run, "write_status", full)
        raise OSError("update-00000010.ckpt could not be written")


@pytest.mark.slow
def test_a_grid_continues_after_a_failure(train, capfd):
    assert train("batch_size=2,100", "--multirun") == 1
    assert "1 of 2 runs finished" in capfd.readouterr().out


def test_no_demo_corpus_is_written_into_a_folder_named_after_storage(micro, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "demo", "data.path=msc://nowhere/demo", "trainer=cpu"]) == 2
    assert 'msc://nowhere/demo: Profile "nowhere" not found' in capsys.readouterr().err
    assert not (tmp_path / "msc:").exists()


def test_recordings_are_no_corpus_and_nothing_is_synthesized_beside_them(tmp_path, capsys):
    recording = tmp_path / "speech" / "en" / "anna" / "a.wav"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"RIFF")
    assert main(["train", "demo", f"data.path={tmp_path / 'speech'}", f"runs_root={tmp_path}", "trainer=cpu"]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert f"data.path={tmp_path / 'speech'} is no prepared corpus: `python -m data_prep folder" in line
    assert [path for path in (tmp_path / "speech").rglob("*") if path.is_file()] == [recording]


def test_a_rank_waits_for_the_corpus_that_the_first_one_makes(tmp_path, monkeypatch):
    """Or for the first one's failure, which is not that of an earlier start."""
    config = {"prepare_demo": True, "data": {"path": str(tmp_path)}}
    run, looks = Run(tmp_path / "mine"), []
    run.path.mkdir()
    earlier = Status(FAILED, 0, 9, "here", 1, last_heartbeat=1.0, message="disk full")
    run.status_file.write_text(json.dumps(earlier._asdict()))
    monkeypatch.setattr(time, "sleep", lambda _: looks.append(1) or (tmp_path / index.NAME).touch())
    await_corpus(config, run)
    assert looks == [1]
    (tmp_path / index.NAME).unlink()
    run.write_status(FAILED, 0, 9, "no voices")
    with pytest.raises(ValueError, match="another rank failed: no voices"):
        await_corpus(config, run)
