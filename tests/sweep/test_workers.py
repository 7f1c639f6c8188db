"""Sweeps with failures, kills and company."""

import errno
import multiprocessing
import os
import signal
import socket
import time
from pathlib import Path
from unittest.mock import Mock

import optuna
import pytest
from optuna.storages.journal import JournalFileSymlinkLock
from processes import wait_for

from lfsc.sweep import workers
from lfsc.sweep.queue import OWNER, claim
from lfsc.sweep.study import RETRIES, open_database, open_storage
from lfsc.sweep.trial import TrialRun


def states(study):
    return [trial.state.name for trial in study.trials]


def starts(sweep, number):
    """The updates that a trial's processes did, in their order."""
    return (sweep.folder / f"{number:04d}" / "updates").read_text().split()


def test_every_combination_is_tried_once(sweep):
    study, reported = sweep("lr=3,1,2", "behaviour=good")
    assert sweep.ended
    assert {trial.params["lr"]: trial.value for trial in study.trials} == {"3": 4.0, "1": 2.0, "2": 3.0}
    assert study.best_params == {"lr": "1"}
    assert reported[:2] == ["trial 0: behaviour=good lr=3", "trial 0: finished, last val/mel 4"]
    assert study.trials[0].intermediate_values == {update: 3 + 5 - update for update in range(5)}


def test_wandb_is_told_whose_runs_they_are(sweep, monkeypatch):
    sweep("lr=uniform(1,2)", sampler="random", trials=1)
    monkeypatch.setenv("WANDB_RUN_GROUP", "mine")
    sweep("lr=uniform(1,2)", sampler="random", trials=2)
    assert [(sweep.folder / trial / "group").read_text() for trial in ("0000", "0001")] == [sweep.folder.name, "mine"]


def test_failures_and_nan_are_failed_trials_and_the_sweep_goes_on(sweep):
    study, reported = sweep("behaviour=fails,nan,good", "lr=1")
    assert states(study) == ["FAIL", "FAIL", "COMPLETE"]
    assert "trial 0: failed, exit status 2: lfsc train: there is no such corpus" in reported
    assert "trial 1: failed, val/mel is nan at update 0" in reported


def test_a_trial_that_is_killed_alone_has_failed_and_one_that_is_stopped_alone_is_resumed(sweep):
    study, reported = sweep("behaviour=killed,stops,good", "lr=1")
    assert states(study) == ["FAIL", "RUNNING", "COMPLETE"]
    assert "trial 0: failed, killed by SIGKILL, perhaps for memory" in reported
    assert "trial 1: saved and stopped; the next start of this sweep resumes it" in reported
    study._storage.set_trial_user_attr(study.trials[1]._trial_id, OWNER, [socket.gethostname(), 2**22 + 1, time.time()])
    study, _ = sweep("behaviour=killed,stops,good", "lr=1")
    assert states(study) == ["FAIL", "COMPLETE", "COMPLETE"]
    assert starts(sweep, 1) == ["0", "1", "2", "3", "4"]


def test_an_objective_that_is_not_in_the_log_ends_a_trial_after_its_first_validation(sweep):
    study, reported = sweep("lr=1,2", "seconds=3", objective="val/mos")
    assert states(study) == ["FAIL", "FAIL"]
    assert "metrics.csv has no val/mos, only val/mel" in reported[-1]
    assert len(starts(sweep, 0)) < 5


def test_a_hopeless_trial_is_stopped(sweep):
    """Once five others have come to their end."""
    study, reported = sweep("lr=1,2,3", "behaviour=good,bad", "seconds=0.05", pruner="median")
    assert states(study) == ["COMPLETE"] * 5 + ["PRUNED"]
    assert len(starts(sweep, 5)) < 5
    assert reported[-1] == "trial 5: pruned, last val/mel 103"


def test_the_same_command_again_changes_nothing(sweep):
    sweep("lr=3,1,2")
    study, reported = sweep("lr=3,1,2")
    assert (states(study), reported) == (["COMPLETE"] * 3, [])


def test_more_trials_may_be_asked_for_later(sweep):
    sweep("lr=uniform(1,2)", sampler="tpe", trials=2)
    study, reported = sweep("lr=uniform(1,2)", sampler="tpe", trials=3)
    assert states(study) == ["COMPLETE"] * 3
    assert reported[0].startswith("trial 2:")


def test_another_sweep_under_the_same_name_is_refused(sweep):
    sweep("lr=1,2")
    with pytest.raises(ValueError, match=r"is another sweep: items was .* choose another name"):
        sweep("lr=1,2,3")


def test_a_first_command_that_came_to_nothing_blocks_no_other(sweep):
    sweep("behaviour=fails", "lr=1,2")
    study, _ = sweep("behaviour=good", "lr=1,2", objective="best:val/mel", direction="maximize")
    assert states(study) == ["COMPLETE"] * 2
    assert {trial.params["lr"]: trial.value for trial in study.trials} == {"1": 6.0, "2": 7.0}, "the best, not the last"
    with pytest.raises(ValueError, match="is another sweep"):
        sweep("behaviour=good", "lr=1,2")


def test_a_sweep_that_came_to_nothing_is_tried_again_by_the_same_command(sweep, monkeypatch):
    monkeypatch.setenv("FAILS", "as where the disk is full")
    study, _ = sweep("lr=1,2")
    assert states(study) == ["FAIL"] * 2
    monkeypatch.delenv("FAILS")
    study, _ = sweep("lr=1,2")
    assert states(study) == ["COMPLETE"] * 2


def test_what_failed_is_tried_again_where_that_is_asked_for(sweep, monkeypatch):
    sweep("lr=3,1,2,4", trials=1)
    monkeypatch.setenv("FAILS", "as where the disk is full")
    sweep("lr=3,1,2,4", trials=3)
    monkeypatch.delenv("FAILS")
    assert states(sweep("lr=3,1,2,4", trials=3)[0]) == ["COMPLETE", "FAIL", "FAIL"]
    study, _ = sweep("lr=3,1,2,4", trials=3, retries=True)
    assert states(study) == ["COMPLETE", "FAIL", "FAIL", "COMPLETE", "COMPLETE"]
    study, _ = sweep("lr=3,1,2,4", trials=4, retries=True)
    assert [trial.params["lr"] for trial in study.trials] == ["3", "1", "2", "1", "2", "4"]


def test_what_fails_again_is_tried_again_by_another_start_alone(sweep):
    for _ in range(2):
        study, _ = sweep("behaviour=fails,good", "lr=1", retries=True)
    assert states(study) == ["FAIL", "COMPLETE", "FAIL"]


def test_what_two_machines_try_again_at_once_is_tried_once(sweep):
    study, _ = sweep("behaviour=fails,good", "lr=1")
    for _ in range(2):
        study.enqueue_trial(study.trials[0].params, user_attrs={RETRIES: 0})
    study, reported = sweep("behaviour=fails,good", "lr=1")
    assert states(study) == ["FAIL", "COMPLETE", "FAIL", "FAIL"]
    assert [line.partition(":")[0] for line in reported] == ["trial 2", "trial 2"]


def test_two_workers_share_the_trials(sweep):
    study, _ = sweep("lr=1,2,3,4", "seconds=0.15", count=2)
    assert states(study) == ["COMPLETE"] * 4
    spans = [(trial.datetime_start, trial.datetime_complete) for trial in study.trials]
    assert any(one[0] < other[0] < one[1] for one in spans for other in spans), "some ran side by side"


@pytest.fixture
def in_background(sweep):
    """A function that runs a sweep in a process of its own, which is killed at the end if it still runs."""
    processes = []

    def run(*items, **options):
        process = multiprocessing.get_context("fork").Process(target=sweep, args=items, kwargs=options)
        process.start()
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.join()


def test_a_killed_sweep_goes_on_without_losing_or_repeating(sweep, in_background):
    """Its trial's process lives on: the next start lets it finish and takes its result."""
    process = in_background("lr=3,1,2", "seconds=0.2")
    second = sweep.folder / "0001" / "updates"
    wait_for(lambda: second.exists() and len(second.read_text().split()) > 1)
    # Not while it writes: others wait half a minute for the lock of one that was killed then.
    lock = JournalFileSymlinkLock(str(sweep.folder / "study.journal"))
    lock.acquire()
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    lock.release()
    study, reported = sweep("lr=3,1,2", "seconds=0.2")
    assert states(study) == ["COMPLETE"] * 3
    assert [starts(sweep, number) for number in range(3)] == [["0", "1", "2", "3", "4"]] * 3
    assert [line for line in reported if line.startswith("trial 0")] == [], "it was finished"
    assert study.trials[1].intermediate_values == {update: 1 + 5 - update for update in range(5)}


def test_a_line_torn_by_a_kill_costs_nothing_else(sweep):
    sweep("lr=3,1,2")
    journal = sweep.folder / "study.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    trial = next(number for number, line in enumerate(lines) if b'"trial_id":2' in line)
    journal.write_bytes(b"".join(lines[:trial]) + lines[trial][:20])
    for _ in range(2):
        study, _ = sweep("lr=3,1,2")
    assert {each.params["lr"] for each in study.trials if each.state.name == "COMPLETE"} == {"3", "1"}


@pytest.mark.parametrize("line", [b"5\n", b"{}\n", b'{"op_code": 99}\n', b"\xff\n", b"[" * 100_000 + b"\n", b"\n"])
def test_a_journal_that_is_none_is_one_line(sweep, line):
    sweep.folder.mkdir(parents=True)
    (sweep.folder / "study.journal").write_bytes(line * 3)
    with pytest.raises(ValueError, match=r"study\.journal is damaged, or no journal of Optuna's \(.*begins another"):
        sweep("lr=3,1,2")


@pytest.mark.parametrize("storage", [None, "shared/study.journal"])
def test_a_lock_that_a_kill_has_left_ends_after_a_while(sweep, tmp_path, monkeypatch, storage):
    """Optuna asks how old what it leads to is."""
    monkeypatch.chdir(tmp_path)
    place = open_storage(storage, Path("sweeps/one"))
    place._backend._lock.acquire()
    (lock,) = tmp_path.rglob("*.lock")
    assert lock.exists(), "it leads to a file"
    # The folder is moved, and nobody would ever release it.
    lock.unlink()
    lock.symlink_to("/where/it/was/study.journal")
    monkeypatch.setattr(JournalFileSymlinkLock, "acquire", lambda self: os.symlink(__file__, self._lock_file))
    open_storage(storage, Path("sweeps/one"))
    assert not list(tmp_path.rglob("*.lock"))


def test_a_pipe_in_the_place_of_a_journal_is_refused(sweep):
    sweep.folder.mkdir(parents=True)
    os.mkfifo(sweep.folder / "study.journal")
    with pytest.raises((ValueError, OSError), match=r"study\.journal is a pipe, expected a file"):
        sweep("lr=3,1,2")


def test_a_stopped_sweep_saves_its_trials_and_goes_on_with_them(sweep, in_background):
    process = in_background("lr=3,1,2", "seconds=0.2")
    first = sweep.folder / "0000" / "updates"
    wait_for(lambda: first.exists() and len(first.read_text().split()) > 1)
    os.kill(process.pid, signal.SIGTERM)
    process.join(60)
    assert process.exitcode == 0
    assert '"interrupted"' in (sweep.folder / "0000" / "status.json").read_text()
    study, _ = sweep("lr=3,1,2", "seconds=0.2")
    assert states(study) == ["COMPLETE"] * 3
    assert starts(sweep, 0) == ["0", "1", "2", "3", "4"]


def test_a_sweep_that_was_killed_before_its_trial_began(sweep):
    study, _ = sweep("lr=1,2", trials=1)
    lost = study.ask()
    lost.set_user_attr(OWNER, [socket.gethostname(), 2**22 + 1, time.time()])  # no process has such a number
    study, _ = sweep("lr=1,2")
    assert [trial.params["lr"] for trial in study.trials] == ["1", "2"]
    assert states(study) == ["COMPLETE"] * 2


def test_a_trial_of_a_sweep_that_lives_is_left_alone(sweep):
    study, _ = sweep("lr=1,2,3", trials=1)
    study.ask().set_user_attr(OWNER, [socket.gethostname(), os.getpid(), time.time()])
    study, _ = sweep("lr=1,2,3")
    assert states(study) == ["COMPLETE", "RUNNING", "COMPLETE"]


def asked_elsewhere(sweep, *, silent_for):
    """A trial of another machine, which shares the study and not its folders, and has been silent for so long."""
    study, _ = sweep("lr=1,2,3", trials=1)
    study.ask().set_user_attr(OWNER, ["elsewhere", 1, time.time() - silent_for])


def test_a_trial_of_another_machine_is_left_alone_while_that_gives_signs_of_life(sweep):
    asked_elsewhere(sweep, silent_for=100)
    study, _ = sweep("lr=1,2,3")
    assert states(study) == ["COMPLETE", "RUNNING", "COMPLETE"]


def test_a_trial_of_another_machine_is_taken_over_when_that_is_silent(sweep):
    asked_elsewhere(sweep, silent_for=121)
    study, _ = sweep("lr=1,2,3")
    assert states(study) == ["COMPLETE"] * 3


def test_a_long_trial_gives_signs_of_life(sweep, monkeypatch):
    """However seldom it validates."""
    signs = []
    monkeypatch.setattr(workers, "BEAT", 0.1)
    monkeypatch.setattr(workers, "claim", lambda trial: (signs.append(time.time()), claim(trial)))
    study, _ = sweep("lr=1", "seconds=0.2")
    assert len(signs) > 3
    assert study.trials[0].user_attrs[OWNER][2] == pytest.approx(signs[-1], abs=0.5)


def test_a_step_of_the_clock_starts_no_trial_twice(sweep, monkeypatch):
    """By which the sweep itself seems to have begun after it took its trials."""
    now, begun = time.time, time.monotonic()
    monkeypatch.setattr(time, "time", lambda: now() + 3600 * (time.monotonic() - begun > 1))
    study, reported = sweep("lr=1,2,3", "seconds=0.4", count=2)
    assert states(study) == ["COMPLETE"] * 3
    assert sum("seconds=0.4" in line for line in reported) == 3


@pytest.mark.parametrize("behaviour", ["good", "fails"])
def test_a_trial_that_another_machine_took_over_and_ended_costs_no_other(sweep, monkeypatch, behaviour):
    """As this one was paused for long."""
    follow = TrialRun.follow

    def lose(run, *process, **options):
        if run.run.path.name == "0000":
            optuna.load_study(study_name="one", storage=open_storage(None, sweep.folder)).tell(0, 7.0)
        return follow(run, *process, **options)

    monkeypatch.setattr(TrialRun, "follow", lose)
    study, reported = sweep("lr=1,2", f"behaviour={behaviour}")
    assert study.trials[0].value == 7.0
    assert "trial 0: ended by another machine, which had no sign of life from this one" in reported
    assert len(study.trials) == 2


def test_a_storage_that_is_full_leaves_no_training_behind(sweep, monkeypatch):
    begun = []
    start = TrialRun.start
    monkeypatch.setattr(TrialRun, "start", lambda *run, **options: begun.append(start(*run, **options)) or begun[-1])
    monkeypatch.setattr(workers, "report_value", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        sweep("lr=1,2", "seconds=3")
    assert [process.returncode for process in begun] == [75]


def test_sweeps_share_a_study_through_its_storage(sweep, in_background):
    other = in_background("lr=1,2,3,4,5,6", "seconds=0.1")
    study, _ = sweep("lr=1,2,3,4,5,6", "seconds=0.1")
    other.join(60)
    assert states(study) == ["COMPLETE"] * 6
    assert sorted(trial.params["lr"] for trial in study.trials) == list("123456")
    assert len({trial.user_attrs[OWNER][1] for trial in study.trials}) == 2


def test_a_database_serves_as_well(sweep, tmp_path):
    for trials in (1, 2):
        study, _ = sweep("lr=2,1", trials=trials, storage=f"sqlite:///{tmp_path / 'study.db'}")
    assert (states(study), study.best_params) == (["COMPLETE"] * 2, {"lr": "1"})


def open_at_once(url, barrier):
    barrier.wait(30)
    open_database(url)


def test_machines_that_begin_at_once_make_one_database(tmp_path):
    context = multiprocessing.get_context("fork")
    barrier, url = context.Barrier(4), f"sqlite:///{tmp_path / 'study.db'}"
    processes = [context.Process(target=open_at_once, args=(url, barrier)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4


@pytest.mark.parametrize("url", ["nosuchdb://host/x", "sqlite:////no/such/folder/study.db", "mysql+nodriver://host/x"])
def test_a_database_that_cannot_be_opened_is_one_line(sweep, monkeypatch, url):
    monkeypatch.setattr("lfsc.sweep.study.PAUSES", (0.01,))
    with pytest.raises(ValueError, match=r"^the database of storage=… cannot be opened: [^\n]+$"):
        sweep("lr=1,2", storage=url)


def test_signs_of_life_go_on_where_a_trial_has_just_ended(tmp_path):
    """Others would take over what is under way, and train it twice."""
    study = optuna.create_study()
    ended, going = study.ask(), study.ask()
    study.tell(ended, 1.0)
    company = workers.TrialWorkers(study=study, plan=None, space=None, folder=tmp_path, count=2, say=print)
    company.under_way = {0: ended, 1: going}
    company.over.wait = Mock(side_effect=[False, True])
    company.beat()
    assert OWNER in study.trials[1].user_attrs


def test_a_log_that_takes_long_to_read_is_read_seldom(sweep, monkeypatch):
    looks = []

    def read(trial):
        looks.append(trial)
        return [(0, 1.0)]

    monkeypatch.setattr(TrialRun, "values", read)
    monkeypatch.setattr(time, "thread_time", lambda: 0.05 * len(looks))
    study, _ = sweep("lr=1", "seconds=0.3")
    assert states(study) == ["COMPLETE"]
    # Of 1.5 seconds and a start: every half a second, and twice at the end.
    assert 3 <= len(looks) < 15
