"""status.json from the first update to the end."""

import errno
import types

import pytest

from lfsc.runs.directory import Run
from lfsc.training.callbacks.heartbeat import Heartbeat
from lfsc.training.callbacks.preemption import Preemption


@pytest.fixture
def trainer():
    return types.SimpleNamespace(is_global_zero=True, callbacks=[])


@pytest.fixture
def heartbeat(tmp_path):
    return Heartbeat(run=Run(tmp_path), max_updates=10, preemption=Preemption())


def at(update):
    return types.SimpleNamespace(updates=update)


def reported(heartbeat):
    status = heartbeat.run.status()
    return status.state, status.update


def test_it_is_reported_every_few_seconds(heartbeat, trainer):
    heartbeat.on_train_start(trainer, at(0))
    heartbeat.on_train_batch_end(trainer, at(1))
    assert reported(heartbeat) == ("running", 0), "it has just been reported"
    heartbeat.reported_at -= 11
    heartbeat.on_validation_batch_end(trainer, at(2))
    assert reported(heartbeat) == ("running", 2)


@pytest.mark.parametrize(
    ("update", "signal", "state"),
    [(10, 0, "finished"), (10, 15, "finished"), (7, 15, "interrupted"), (7, 0, "finished")],
)
def test_the_end(heartbeat, trainer, update, signal, state):
    heartbeat.preemption.received = signal
    heartbeat.on_fit_end(trainer, at(update))
    assert reported(heartbeat) == (state, update)


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ([], "stopped early: a callback asked for it"),
        ([types.SimpleNamespace(stopping_reason_message=None)], "stopped early: a callback asked for it"),
        (
            [object(), types.SimpleNamespace(stopping_reason_message="No better for long. Signaling Trainer to stop.")],
            "stopped early: No better for long.",
        ),
    ],
)
def test_who_stopped_it_early_is_reported(heartbeat, callbacks, message):
    heartbeat.on_fit_end(types.SimpleNamespace(is_global_zero=True, callbacks=callbacks), at(7))
    assert heartbeat.run.status().message == message


def test_a_run_that_came_to_its_end_needs_no_reason(heartbeat, trainer):
    heartbeat.on_fit_end(trainer, at(10))
    assert heartbeat.run.status().message == ""


@pytest.mark.parametrize(
    ("error", "state"), [(ValueError("no\nspace"), "failed"), (KeyboardInterrupt(), "interrupted")]
)
def test_a_bad_end(heartbeat, trainer, error, state):
    heartbeat.on_exception(trainer, at(3), error)
    assert reported(heartbeat) == (state, 3)
    assert "\n" not in heartbeat.run.status().message


def test_what_went_wrong_is_not_hidden_by_a_full_disk(heartbeat, trainer, monkeypatch, caplog):
    def full(*_):
        raise OSError(errno.ENOSPC, "could not be written, No space left on device", "status.json")

    monkeypatch.setattr(Run, "write_status", full)
    heartbeat.on_exception(trainer, at(3), OSError("update-00000003.ckpt could not be written"))
    assert "status.json: could not be written, No space left on device" in caplog.text and "Errno" not in caplog.text


def test_other_ranks_are_silent(heartbeat):
    heartbeat.on_train_start(types.SimpleNamespace(is_global_zero=False), at(0))
    assert heartbeat.run.status() is None


@pytest.fixture
def elsewhere(heartbeat, monkeypatch):
    """A rank in another process that failed."""
    with monkeypatch.context() as patch:
        patch.setattr("os.getpid", lambda: -1)
        other = types.SimpleNamespace(is_global_zero=False)
        heartbeat.on_exception(other, at(3), ValueError("shard x.tar cannot be read"))


def test_a_failure_of_another_rank_stays(heartbeat, trainer, elsewhere):
    heartbeat.reported_at -= 11
    heartbeat.on_train_batch_end(trainer, at(4))
    heartbeat.on_exception(trainer, at(4), RuntimeError("connection closed by peer"))
    assert reported(heartbeat) == ("failed", 3)
    assert heartbeat.run.status().message == "shard x.tar cannot be read"


def test_a_failure_before_this_start_does_not(heartbeat, trainer, elsewhere):
    again = Heartbeat(run=heartbeat.run, max_updates=10, preemption=Preemption())
    again.on_exception(trainer, at(5), RuntimeError("another thing"))
    assert heartbeat.run.status().message == "another thing"
