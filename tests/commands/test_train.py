"""`lfsc train` from the command line."""

import signal

import pytest
import yaml

from lfsc.cli import main
from lfsc.runs.directory import Run
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
    assert train("--continue", "max_updates=9") == 0
    reported = capsys.readouterr()
    assert "finished at update 2 of 2" in reported.out
    assert "the run resumes as it was begun; `lfsc resume` changes max_updates" in reported.err


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


@pytest.mark.slow
def test_a_grid_continues_after_a_failure(train, capfd):
    assert train("batch_size=2,100", "--multirun") == 1
    assert "1 of 2 runs finished" in capfd.readouterr().out


def test_no_demo_corpus_is_written_into_a_folder_named_after_storage(micro, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "demo", "data.path=msc://nowhere/demo", "trainer=cpu"]) == 2
    assert 'msc://nowhere/demo: Profile "nowhere" not found' in capsys.readouterr().err
    assert not (tmp_path / "msc:").exists()
