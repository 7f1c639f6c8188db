"""status.json from the first update to the last word."""

import types

import pytest

from lfsc.runs.directory import Run
from lfsc.training.callbacks.heartbeat import Heartbeat


@pytest.fixture
def trainer():
    return types.SimpleNamespace(is_global_zero=True)


@pytest.fixture
def heartbeat(tmp_path):
    return Heartbeat(run=Run(tmp_path), max_updates=10)


def at(update):
    return types.SimpleNamespace(updates=update)


def stands(heartbeat):
    status = heartbeat.run.status()
    return status.state, status.update


def test_it_is_said_now_and_then(heartbeat, trainer):
    heartbeat.on_train_start(trainer, at(0))
    heartbeat.on_train_batch_end(trainer, at(1))
    assert stands(heartbeat) == ("running", 0), "it has just been said"
    heartbeat.said -= 11
    heartbeat.on_validation_batch_end(trainer, at(2))
    assert stands(heartbeat) == ("running", 2)


@pytest.mark.parametrize(("update", "state"), [(10, "finished"), (7, "interrupted")])
def test_the_end(heartbeat, trainer, update, state):
    heartbeat.on_fit_end(trainer, at(update))
    assert stands(heartbeat) == (state, update)


@pytest.mark.parametrize(
    ("error", "state"), [(ValueError("no\nspace"), "failed"), (KeyboardInterrupt(), "interrupted")]
)
def test_a_bad_end(heartbeat, trainer, error, state):
    heartbeat.on_exception(trainer, at(3), error)
    assert stands(heartbeat) == (state, 3)
    assert "\n" not in heartbeat.run.status().message


def test_what_went_wrong_is_not_hidden_by_a_full_disk(heartbeat, trainer, monkeypatch, caplog):
    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(Run, "write_status", full)
    heartbeat.on_exception(trainer, at(3), OSError("update-00000003.ckpt could not be written"))
    assert "status.json could not be written: No space left on device" in caplog.text


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
    heartbeat.said -= 11
    heartbeat.on_train_batch_end(trainer, at(4))
    heartbeat.on_exception(trainer, at(4), RuntimeError("connection closed by peer"))
    assert stands(heartbeat) == ("failed", 3)
    assert heartbeat.run.status().message == "shard x.tar cannot be read"


def test_a_failure_before_this_start_does_not(heartbeat, trainer, elsewhere):
    again = Heartbeat(run=heartbeat.run, max_updates=10)
    again.on_exception(trainer, at(5), RuntimeError("another thing"))
    assert heartbeat.run.status().message == "another thing"
