"""A run's directory."""

import json
import os
import socket
import subprocess
import threading
import time

import pytest

import lfsc
from lfsc.config.compose import compose
from lfsc.runs.directory import RUNS_ROOT, Run, git_revision
from lfsc.runs.status import FAILED, FINISHED, INTERRUPTED, RUNNING, Status


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / "runs" / "one")


def with_checkpoint(run):
    run.checkpoints.mkdir(parents=True)
    (run.checkpoints / "update-00000005.ckpt").touch()


def test_a_folder_of_runs_names_one(tmp_path):
    runs = [Run(tmp_path / "sweep" / name) for name in ("0000", "0001")]
    with_checkpoint(runs[1])
    for run in runs:
        run.path.mkdir(exist_ok=True)
        run.config_file.touch()
    with pytest.raises(ValueError, match=r"it holds runs, such as .*sweep/0001$"):
        Run.existing(tmp_path / "sweep")
    with pytest.raises(ValueError, match=r"the folder holds runs: give one of them, such as .*sweep/0001$"):
        lfsc.load(tmp_path / "sweep")


def test_a_run_lies_under_its_root(tmp_path):
    assert Run.named(str(tmp_path), "grid/0").path == tmp_path / "grid" / "0"


@pytest.mark.parametrize("name", ["", ".", "..", "a/../b", "/tmp/a"])
def test_a_run_that_would_lie_elsewhere_is_refused(name):
    with pytest.raises(ValueError, match="expected a folder's name, such as mine"):
        Run.named("runs", name)


def test_a_name_alone_is_no_run_but_one_of_that_name_is_thought_of(run, monkeypatch):
    monkeypatch.chdir(run.path.parent.parent)
    with pytest.raises(ValueError, match=r"one is not a run: .*`lfsc train RECIPE` makes one"):
        Run.existing("one")
    run.path.mkdir(parents=True)
    run.config_file.write_text("name: one\n")
    with pytest.raises(ValueError, match=r"one is not a run: it has no config.yaml; did you mean runs/one\?$"):
        Run.existing("one")


def test_runs_are_looked_for_where_recipes_put_them():
    assert compose("demo", [])["runs_root"] == RUNS_ROOT


@pytest.mark.parametrize("state", [FINISHED, INTERRUPTED])
def test_a_name_with_a_space_is_one_word_in_what_is_advised(tmp_path, state):
    run = Run(tmp_path / "my run")
    run.write_status(state, 5, 10)
    with_checkpoint(run)
    with pytest.raises(ValueError, match=f"`lfsc resume '{run.path}'"):
        run.refuse_if_begun()


def test_a_new_run_may_begin(run):
    run.refuse_if_begun()
    assert run.status() is None


def test_a_start_without_a_checkpoint_may_be_repeated(run):
    run.write_status(FAILED, 3, 10, "no space")
    run.refuse_if_begun()
    assert run.status().message == "no space"


@pytest.mark.parametrize(
    ("state", "message"),
    [(FINISHED, r"is finished: `lfsc resume \S+ max_updates=N` resumes"), (INTERRUPTED, "was interrupted")],
)
def test_a_run_that_is_there_is_refused_with_what_to_do(run, state, message):
    run.write_status(state, 5, 10)
    with_checkpoint(run)
    with pytest.raises(ValueError, match=message):
        run.refuse_if_begun()


def write(run, **changes):
    status = Status(RUNNING, 5, 10, socket.gethostname(), os.getppid(), time.time())._replace(**changes)
    run.path.mkdir(parents=True, exist_ok=True)
    run.status_file.write_text(json.dumps(status._asdict()))
    return status


def test_a_running_run_is_refused(run):
    write(run)
    with pytest.raises(ValueError, match=rf"is running \(process {os.getppid()} on "):
        run.refuse_if_begun()


def test_a_run_elsewhere_is_refused_once_it_shows_a_heartbeat(run):
    status = write(run, host="elsewhere")
    threading.Timer(0.3, lambda: write(run, host="elsewhere", last_heartbeat=status.last_heartbeat + 1)).start()
    with pytest.raises(ValueError, match=r"is running .* on elsewhere"):
        run.refuse_if_running()


def test_a_run_elsewhere_without_heartbeats_is_waited_for_until_it_is_dead(run):
    write(run, host="elsewhere", last_heartbeat=time.time() - 119)
    run.refuse_if_running()


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"state": "on", "by": "another program"}'])
def test_a_status_that_is_damaged_is_reported_with_what_to_do(run, text):
    run.path.mkdir(parents=True)
    run.status_file.write_text(text)
    with pytest.raises(ValueError, match=r"one/status.json cannot be read \(.*\): remove it"):
        run.status()


def test_configuration_and_environment_are_kept(run):
    run.prepare({"seed": 1}, recipe="demo", command=["lfsc", "train", "demo"], index_hash="abc", own_code={})
    run.prepare(
        {"seed": 1, "max_updates": 5}, recipe=None, command=["lfsc", "resume", "one"], index_hash="abc", own_code={}
    )
    assert run.config() == {"seed": 1, "max_updates": 5}
    environment = run.environment()
    assert (environment["recipe"], environment["data_index_sha256"]) == ("demo", "abc")
    assert environment["commands"] == [["lfsc", "train", "demo"], ["lfsc", "resume", "one"]]
    assert environment["packages"]["torch"]


def test_clearing_leaves_no_trace_of_an_earlier_start(run):
    run.prepare({}, recipe="demo", command=[], index_hash=None, own_code={})
    run.metrics_file.write_text("update\r\n0\r\n")
    (run.samples / "original").mkdir(parents=True)
    run.clear()
    assert sorted(path.name for path in run.path.iterdir()) == ["config.yaml"]


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(ValueError, match=r"is not a run: it has no config.yaml"):
        Run.existing(tmp_path)


@pytest.mark.parametrize("name", ["metrics.csv", "checkpoints", "samples/original", "wandb"])
def test_a_run_that_links_to_what_is_not_its_own_is_refused(name, run):
    """A resume would write there, and remove old checkpoints."""
    (run.path / "samples").mkdir(parents=True)
    run.config_file.write_text("name: one\n")
    (run.path / "last.ckpt").symlink_to(run.config_file)
    (run.path / name).symlink_to(run.path.parent / "elsewhere")
    with pytest.raises(ValueError, match=rf"{name} is a link that leads out of the run, to .*elsewhere"):
        Run.existing(run.path)


def test_a_run_may_be_linked_whole_and_wandb_links_to_its_own_logs(run, tmp_path):
    (run.path / "wandb/logs").mkdir(parents=True)
    run.config_file.write_text("name: one\n")
    (run.path / "wandb/logs/debug.log").symlink_to(tmp_path / "cache.log")
    (tmp_path / "link").symlink_to(run.path)
    assert Run.existing(tmp_path / "link").config() == {"name": "one"}


@pytest.mark.parametrize(
    "change",
    [{"pid": 10**40}, {"last_heartbeat": 10**400}, {"last_heartbeat": float("nan")}, {"update": 1 << 50}],
)
def test_a_status_of_numbers_that_cannot_be_is_refused(change, run):
    run.path.mkdir(parents=True)
    run.write_status(RUNNING, 1, 2)
    run.status_file.write_text(json.dumps(json.loads(run.status_file.read_text()) | change))
    with pytest.raises(ValueError, match=rf"status.json cannot be read \({next(iter(change))} is .*remove it"):
        run.status()


def test_an_environment_in_the_checkout_of_something_else_has_no_revision(tmp_path, monkeypatch):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x"]
    for command in (["init"], ["commit", "--allow-empty", "--message=x"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    installed = tmp_path / "directory.py"
    installed.touch()
    monkeypatch.setattr("lfsc.runs.directory.__file__", str(installed))
    assert git_revision() is None
    subprocess.run([*git, "add", installed.name], check=True)
    assert git_revision().endswith("-dirty")


def test_a_package_without_a_name_is_not_recorded(run, tmp_path, monkeypatch):
    (tmp_path / "left-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    run.prepare({}, recipe=None, command=[], index_hash=None, own_code={})
    assert "torch" in run.environment()["packages"]
