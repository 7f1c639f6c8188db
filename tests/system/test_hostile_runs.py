"""Runs and studies that somebody shares to harm whoever resumes them: nothing in them runs."""

import os
import pickle
import shutil
import signal
from pathlib import Path

import pytest
import torch
import yaml
from torch_archives import colliding, trap, with_pickle

from lfsc.cli import main
from lfsc.metrics.perceptual import load_squim
from lfsc.sweep.study import open_storage


@pytest.fixture
def trace(tmp_path) -> Path:
    """What hostile code makes."""
    return tmp_path / "trace"


@pytest.fixture(scope="module")
def finished(micro, noise_corpus, tmp_path_factory) -> Path:
    """A run of one update."""
    root = tmp_path_factory.mktemp("runs")
    short = ("max_updates=1", "validate_every=1", "trainer=cpu", "batch_size=2", "num_audio_samples=0")
    assert main(["train", str(micro.RECIPE), f"data.path={noise_corpus}", f"runs_root={root}", *short]) == 0
    return root / "demo"


@pytest.fixture
def run(finished, tmp_path) -> Path:
    """A copy of it to spoil."""
    return shutil.copytree(finished, tmp_path / "demo")


def edit(run: Path, change) -> None:
    config = yaml.safe_load((run / "config.yaml").read_text())
    change(config)
    (run / "config.yaml").write_text(yaml.safe_dump(config))


def resumed(run: Path, capsys) -> str:
    """What `lfsc resume` says in its last line, having refused."""
    capsys.readouterr()
    assert main(["resume", str(run), "max_updates=2"]) == 2
    reported = capsys.readouterr().err
    assert "Traceback" not in reported
    return reported.strip().splitlines()[-1]


def test_a_checkpoint_that_is_a_program(run, trace, capsys):
    for path in (run / "checkpoints").glob("*.ckpt"):
        torch.save({"updates": 1, "state_dict": trap(trace)}, path)
    assert "no checkpoint to resume from" in resumed(run, capsys)
    assert not trace.exists()
    torch.load(path, weights_only=False)
    assert trace.exists(), "the trap itself works"


def test_a_class_of_anybodys(run, trace, capsys):
    edit(run, lambda config: config["data"].update(_target_="os.system", command=f"touch {trace}"))
    assert "_target_ 'os.system' is not lfsc's and was not built" in resumed(run, capsys)
    assert not trace.exists()


def test_a_variable_of_the_environment(run, monkeypatch, capsys):
    monkeypatch.setenv("SECRET", "of mine")
    edit(run, lambda config: config["data"].update(path="msc://store/${oc.env:SECRET}"))
    reported = resumed(run, capsys)
    assert "data.path is 'msc://store/${oc.env:SECRET}' in the run's config.yaml" in reported
    assert "of mine" not in reported + (run / "config.yaml").read_text()


def test_yaml_that_makes_objects(run, trace, capsys):
    (run / "config.yaml").write_text(f"!!python/object/apply:os.system ['touch {trace}']")
    assert "config.yaml is damaged" in resumed(run, capsys)
    assert not trace.exists()


def test_a_study_is_read_as_lines_of_json(tmp_path, trace):
    """Optuna unpickles what some kinds of journals keep beside their lines; one in a file has nothing of the kind."""
    journal = tmp_path / "study.journal"
    journal.write_bytes(pickle.dumps(trap(trace)) + b"\n")
    with pytest.raises(ValueError, match=r"decode|Expecting"):
        open_storage(str(journal), tmp_path)
    assert not trace.exists()
    backend = open_storage(None, tmp_path / "new")._backend
    assert not hasattr(backend, "load_snapshot")


def test_weights_of_squim_that_are_a_program(tmp_path, trace):
    torch.save({"weight": trap(trace)}, tmp_path / "squim.pth")
    with pytest.raises(ValueError, match=r"does not hold the weights of SQUIM_SUBJECTIVE"):
        load_squim(tmp_path / "squim.pth")
    assert not trace.exists()


@pytest.fixture
def no_hang():
    """An error after 60 s, in the place of a wait for somebody who writes into a pipe."""

    def stop(*_):
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "name",
    ["config.yaml", "status.json", "environment.json", "metrics.csv", ".lock", "wandb.json", "nonfinite.jsonl",
     "checkpoints/last.ckpt", "checkpoints/update-00000009.ckpt"],
)  # fmt: skip
def test_a_pipe_inside_a_run(name, run, no_hang, capsys):
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    expected = "it has no config.yaml" if name == "config.yaml" else f"{name} is a pipe, expected a file"
    assert expected in resumed(run, capsys)
    for command in (["info", str(run)], ["runs", str(run.parent)], ["export", str(run), str(run.parent / "bundle")]):
        main(command)
        assert "Traceback" not in capsys.readouterr().err


def test_checkpoints_that_would_take_long_are_refused_soon(run, no_hang, capsys):
    for path in (run / "checkpoints").glob("*.ckpt"):
        path.write_bytes(with_pickle(colliding(50_000)))
    assert "no checkpoint to resume from" in resumed(run, capsys)


def test_a_configuration_that_would_take_long_is_refused_soon(run, no_hang, capsys, monkeypatch):
    """Mappings that merge the one before nine times each make millions of entries."""
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 12)]
    (run / "config.yaml").write_text("\n".join([*lines, (run / "config.yaml").read_text()]))
    assert "config.yaml is damaged: config.yaml is not YAML of plain data (it has merge keys" in resumed(run, capsys)
    monkeypatch.setenv("COLUMNS", "300")
    assert main(["runs", str(run.parent)]) == 0
    assert "config.yaml is damaged: config.yaml is not YAML of plain data (it has merge keys" in capsys.readouterr().out


def test_a_status_a_hundred_thousand_lists_deep(run, capsys):
    (run / "status.json").write_text("[" * 100_000)
    assert "status.json cannot be read" in resumed(run, capsys)


def test_a_configuration_that_is_not_its_checkpoints(run, capsys):
    edit(run, lambda config: config["codec"]["encoder"].update(channels=4))
    assert "codec.encoder.conv_in.bias is [2] in the checkpoint, and [4] by config.yaml" in resumed(run, capsys)


def spoil(run: Path, change) -> None:
    for path in (run / "checkpoints").glob("*.ckpt"):
        contents = torch.load(path, weights_only=True)
        change(contents)
        torch.save(contents, path)


def position(contents) -> dict:
    """Of the loader of the only rank, which loads by itself."""
    return contents["CodecDataModule"]["stream"]["ranks"][0]["SavableDataLoaderState"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda contents: contents.pop("lr_schedulers"), "update-00000001.ckpt: lr_schedulers is None; "),
        (lambda contents: contents.update(lr_schedulers=[]), "the checkpoint has 0 schedules, not 2: "),
        (lambda contents: contents["lr_schedulers"][1].update(period=[]), "schedule: period is [], not such as 5000; "),
        (
            lambda contents: contents["lr_schedulers"][0].update(decay=float("nan")),
            "schedule: decay is nan, not such ",
        ),
        (lambda contents: contents["lr_schedulers"][0].pop("last_epoch"), "generator.schedule: last_epoch is None; "),
        (lambda contents: contents["lr_schedulers"][0].update(base_lrs=[]), "generator.schedule: base_lrs is []; "),
        (lambda contents: contents.update(CodecDataModule=5), "position in the data cannot be taken back (TypeError"),
        (lambda contents: position(contents).update(next_worker_id={}), "position in the data cannot be taken back ("),
        (lambda contents: position(contents)["worker_states"][0]["FlexState"].update(datasets=[]), "(AssertionError"),
    ],
)
def test_a_checkpoint_with_something_else(change, expected, run, capsys):
    spoil(run, change)
    found = resumed(run, capsys)
    assert expected in found and "the checkpoint is damaged, or an older lfsc wrote it" in found


def test_a_checkpoint_without_a_position_in_the_data(run, caplog):
    spoil(run, lambda contents: contents.pop("CodecDataModule"))
    assert main(["resume", str(run), "max_updates=2"]) == 0
    assert "the data start afresh, because the checkpoint has no position in them" in caplog.text
