"""Two processes that want the same run."""

import errno
import fcntl
import os
import signal

import pytest

from lfsc.runs.directory import Run
from lfsc.runs.lock import NAME, lock, refuse_rivals
from lfsc.runs.status import RUNNING


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / "runs" / "one")


def held(micro, run):
    """A process that has the run and waits to be killed."""
    reading, writing = os.pipe()
    process = micro.started(hold, run, writing)
    assert os.read(reading, 1) == b"1"
    return process


def hold(run, writing):
    with lock(run):
        if os.fork() == 0:  # as the loader's processes are, which may outlive a kill
            signal.alarm(30)
            signal.pause()
        os.write(writing, b"1")
        signal.pause()


def test_a_run_is_one_processs_until_that_ends_in_whatever_way(micro, run):
    process = held(micro, run)
    with pytest.raises(ValueError, match=r"runs/one is running, or another process has just begun it"), lock(run):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with lock(run):
        run.write_status(RUNNING, 0, 10)


def test_who_is_there_is_reported_where_it_is_known(micro, run):
    run.write_status(RUNNING, 0, 10)
    text = run.status_file.read_text().replace(f'"pid": {os.getpid()}', f'"pid": {os.getppid()}')
    run.status_file.write_text(text)
    with pytest.raises(ValueError, match=rf"is running \(process {os.getppid()} on "), lock(run):
        pass


def test_a_start_that_comes_to_nothing_leaves_nothing(run):
    with pytest.raises(OSError, match="no corpus"), lock(run):
        raise OSError("no corpus")
    assert not run.path.exists()


def test_what_was_made_stays_and_may_be_locked_again(run):
    for _ in range(2):
        with lock(run):
            run.write_status(RUNNING, 0, 10)
    assert sorted(path.name for path in run.path.iterdir()) == [NAME, "status.json"]


def test_other_ranks_lock_nothing(run, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with lock(run):
        assert not run.path.exists()


def test_a_file_system_without_locks_is_no_hindrance(run, monkeypatch):
    def fails(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", fails)
    with lock(run):
        run.write_status(RUNNING, 0, 10)
    assert run.status_file.is_file()


def test_tasks_that_slurm_started_for_one_run_are_all_refused(micro, run):
    process = held(micro, run)
    refused = r"2 tasks of Slurm .*runs/one and trainer.devices=1.* add trainer=ddp"
    with pytest.raises(ValueError, match=refused), lock(run, tasks=2):
        pass
    with pytest.raises(ValueError, match="2 tasks of Slurm"):
        refuse_rivals(run, 2)
    refuse_rivals(run, 1)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with lock(run, tasks=2):
        pass
    assert not run.path.exists(), "nothing of it is left"


def test_a_task_that_comes_when_the_other_has_reported_is_told_the_same(micro, run):
    process = held(micro, run)
    run.write_status(RUNNING, 0, 10)
    text = run.status_file.read_text().replace(f'"pid": {os.getpid()}', f'"pid": {process.pid}')
    run.status_file.write_text(text)
    with pytest.raises(ValueError, match="2 tasks of Slurm"), lock(run, tasks=2):
        pass
    with pytest.raises(ValueError, match="2 tasks of Slurm"):
        refuse_rivals(run, 2)
    with pytest.raises(ValueError, match=rf"is running \(process {process.pid} on"), lock(run):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    os.utime(run.path / ".rival", (0, 0))
    with lock(run, tasks=2):
        refuse_rivals(run, 2)  # that was long ago
