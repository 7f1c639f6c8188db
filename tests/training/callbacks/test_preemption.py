"""A run that is asked to stop: it stops with a checkpoint, on all ranks, and goes on as if nothing had been."""

import os
import signal

import pytest
import torch
from processes import wait_for

from lfsc.data.stream import TrainingStream
from lfsc.training import build
from lfsc.training.callbacks.preemption import Preemption

LONG = ("max_updates=1000", "validate_every=1000", "checkpoint_every=1000", "log_every=1")


def rows(micro, run):
    return [int(row["update"]) for row in micro.history(run)]


def train_in_a_session(micro, config):
    os.setsid()  # as a job of its own, whose processes a scheduler signals all at once
    micro.train(config)


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGUSR1, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_a_signal_to_the_whole_job_ends_the_run_with_a_checkpoint(micro, configure, number):
    """Loader processes get it too, and must live until the checkpoint has their positions."""
    config = configure(*LONG, "num_workers=1")
    run = micro.run_of(config)
    process = micro.started(train_in_a_session, micro, config)
    wait_for(lambda: len(rows(micro, run)) > 2)
    os.killpg(process.pid, number)
    process.join(60)
    status = run.status()
    assert (process.exitcode, status.state) == (0, "interrupted")
    assert micro.checkpoint_of(run)["updates"] == status.update == rows(micro, run)[-1]
    resumed = config | {"max_updates": status.update + 1}
    assert micro.resume(resumed).updates == status.update + 1
    assert rows(micro, run) == list(range(status.update + 2))


def train_rank(rank, micro, config):
    micro.train(config | {"trainer": config["trainer"] | {"devices": 2, "strategy": "ddp"}})


def test_one_rank_that_is_signalled_stops_all(micro, configure):
    config = configure(*LONG)
    run = micro.run_of(config)
    processes = micro.started_ranks(2, train_rank, micro, config)
    wait_for(lambda: len(rows(micro, run)) > 2)
    os.kill(processes[1].pid, signal.SIGTERM)
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert run.status().state == "interrupted"
    assert micro.checkpoint_of(run)["updates"] == run.status().update


class Asking:
    """A reduction on its way."""

    waited = False

    def wait(self):
        self.waited = True


def test_a_rank_waits_for_the_answer_an_update_later_and_forgets_no_signal_meanwhile(monkeypatch):
    asked = []

    def all_reduce(received, **options):
        assert options["async_op"]
        asked.append(Asking())
        return asked[-1]

    monkeypatch.setattr(torch.distributed, "all_reduce", all_reduce)
    preemption = Preemption()
    assert preemption.agree() == 0
    preemption.note_signal(signal.SIGTERM, None)
    assert preemption.agree() == 0  # the answer to what was asked before the signal
    assert [asking.waited for asking in asked] == [True, False]
    assert preemption.agree() == signal.SIGTERM
    preemption.on_train_end(None, None)
    assert all(asking.waited for asking in asked)


def test_a_second_interrupt_stops_at_once(capsys):
    interruption = Preemption()
    interruption.note_signal(signal.SIGINT, None)
    assert "stopping after this update" in capsys.readouterr().err
    with pytest.raises(KeyboardInterrupt):
        interruption.note_signal(signal.SIGINT, None)


def test_signals_are_the_programs_own_again_afterwards(micro, configure):
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)}
    micro.train(configure("max_updates=1", "data.max_val_clips=0"))
    assert {number: signal.getsignal(number) for number in before} == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


def train_with_an_early_signal(micro, config, hook, *, devices=1):
    """Rank 0 is signalled at the end of one of Preemption's hooks, long before the first update."""

    def signalled(callback, trainer, *arguments, **options):
        getattr(Preemption, hook)(callback, trainer, *arguments, **options)
        if trainer.is_global_zero:
            os.kill(os.getpid(), signal.SIGTERM)

    build.Preemption = type("Early", (Preemption,), {hook: signalled})
    strategy = "ddp" if devices > 1 else "auto"
    micro.train(config | {"trainer": config["trainer"] | {"devices": devices, "strategy": strategy}})


@pytest.mark.parametrize("hook", ["setup", "on_train_start"])
def test_a_signal_before_the_first_update_is_not_lost(micro, configure, hook):
    config = configure(*LONG, "data.max_val_clips=0")
    process = micro.started(train_with_an_early_signal, micro, config, hook)
    process.join(60)
    assert process.exitcode == 0
    assert micro.checkpoint_of(micro.run_of(config))["updates"] == 1


def early_rank(rank, *arguments):
    train_with_an_early_signal(*arguments, devices=2)


@pytest.mark.parametrize("hook", ["setup", "on_train_start"])
def test_nor_does_it_leave_ranks_waiting_for_each_other(micro, configure, hook):
    """They hear of it during the second update, which is then the last."""
    config = configure(*LONG, "data.max_val_clips=2")
    processes = micro.started_ranks(2, early_rank, micro, config, hook)
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert micro.checkpoint_of(micro.run_of(config))["updates"] == 2


def test_an_error_before_the_first_update_leaves_signals_as_they_were(micro, configure, monkeypatch):
    def fails(*_):
        raise OSError("no such shard")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(TrainingStream, "__iter__", fails)
    with pytest.raises(OSError, match="no such shard"):
        micro.train(configure("data.max_val_clips=0"))
    assert signal.getsignal(signal.SIGTERM) == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()
