"""Lightning's own callbacks, which know nothing of ours."""

import shutil

import pytest

from lfsc.cli import main
from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import read_rows
from lfsc.training import build
from lfsc.training.own_callbacks import build_own_callbacks

STEPS = ("max_updates=20", "validate_every=1", "checkpoint_every=20", "log_every=2", "data.max_val_clips=2")
STILL = ("optimizers.generator.lr=0.0", "optimizers.discriminators.lr=0.0")


@pytest.fixture(scope="module")
def command(micro, noise_corpus, tmp_path_factory):
    """A run that does not learn, is watched by EarlyStopping and keeps its learning rates, as on the command line."""
    root = tmp_path_factory.mktemp("runs")
    return ["train", str(micro.RECIPE), f"data.path={noise_corpus}", f"runs_root={root}", "trainer=cpu", *STEPS, *STILL,
            "callbacks=learning_rate", "patience=2"]  # fmt: skip


@pytest.fixture(scope="module")
def stopped(command):
    assert main(command) == 0
    return Run(command[3].partition("=")[2]).path / "demo"


def test_early_stopping_ends_a_run_that_gets_no_better(stopped):
    """The validation at update 0 is the best, and the next two are as good."""
    status = Run(stopped).status()
    assert (status.state, status.update, status.max_updates) == ("finished", 2, 20)
    assert status.message.startswith("stopped early: Monitored metric val/mel did not improve in the last 2 records.")
    assert "Signaling" not in status.message
    assert (stopped / "checkpoints" / "update-00000002.ckpt").is_file()


def test_what_it_came_to_is_told_with_what_to_do(stopped, command, capsys):
    assert main([*command, "--continue"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "finished at update 2 of 20, stopped early: Monitored metric val/mel did not improve" in shown
    assert f"lfsc resume {stopped} patience=null" in shown
    assert main(["resume", str(stopped)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "is finished at update 2, stopped early: Monitored metric val/mel" in line
    assert line.endswith(f"`lfsc resume {stopped} patience=null` resumes")
    assert main(["runs", str(stopped.parent)]) == 0


def test_the_monitor_of_learning_rates_writes_rows_of_our_updates(stopped):
    rows = {int(row["update"]): row for row in read_rows(stopped / "metrics.csv")}
    assert list(rows) == [0, 1, 2]
    assert rows[1]["lr-Adam"] == rows[1]["lr-Adam-1"] == "0.0", "before the second update, which log_every=2 asks for"
    assert not rows[0]["lr-Adam"] and rows[2]["lr/generator"] == "0.0"


@pytest.mark.parametrize(("change", "updates"), [("patience=4", 7), ("patience=null", 9), ("max_updates=9", 3)])
def test_it_resumes_with_other_settings(stopped, tmp_path, change, updates):
    """A new patience begins anew; without a change the callback has lost its patience already."""
    run = Run(shutil.copytree(stopped, tmp_path / "demo"))
    changes = [change, "max_updates=9"]
    if change == "patience=null":
        # What is left out need not be there, or trusted.
        run.config_file.write_text(run.config_file.read_text().replace("lightning.pytorch.callbacks", "gone"))
        changes.append("callbacks=none")
    assert main(["resume", str(run.path), *dict.fromkeys(changes)]) == 0
    assert run.status().update == updates
    assert run.status().state == "finished"


def test_every_metric_that_is_logged_is_in_callback_metrics(micro, configure, monkeypatch):
    """At the end of each update, with the values of its row."""
    from lightning import Callback

    found = []

    class Read(Callback):
        def on_train_batch_end(self, trainer, module, *_):
            if module.recorded_at == module.updates:
                values = trainer.callback_metrics
                found.append({name: values[name].item() for name in module.recorded} == pytest.approx(module.recorded))

    monkeypatch.setattr(build, "build_own_callbacks", lambda _: {"read": Read()})
    micro.train(configure("max_updates=4", "validate_every=2", "log_every=1"))
    assert found == [True] * 4


def test_two_callbacks_of_one_kind_are_told_apart_or_refused(micro, noise_corpus, tmp_path, capsys):
    again = ["callbacks=early_stopping", "patience=3"]
    command = ["train", str(micro.RECIPE), f"data.path={noise_corpus}", f"runs_root={tmp_path}", "trainer=cpu", *again]
    assert main(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "callbacks.patience and callbacks.early_stopping are both EarlyStopping" in line


def test_a_metric_that_is_not_there_ends_early_stopping_in_one_line(micro, noise_corpus, tmp_path, capsys):
    watched = ["callbacks=early_stopping", "callbacks.early_stopping.monitor=val/mell"]
    fixed = [f"data.path={noise_corpus}", f"runs_root={tmp_path}", "trainer=cpu", *STEPS]
    assert main(["train", str(micro.RECIPE), *fixed, *watched]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("lfsc train: ") and "val/mell" in line


@pytest.mark.parametrize("name", ["ModelCheckpoint", "RichProgressBar", "ModelSummary"])
def test_what_lfsc_does_itself_is_refused_by_name(configure, name):
    section = {"theirs": {"_target_": f"lightning.pytorch.callbacks.{name}"}}
    with pytest.raises(ValueError, match=rf"^callbacks\.theirs is a {name}, .* leave it out$"):
        build_own_callbacks(configure() | {"callbacks": section})
