"""Signals to a training and to the processes of its loader, at moments that nobody chose."""

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
from processes import descendants, is_running, wait_for

from lfsc.cli import main

pytestmark = pytest.mark.slow
STEPS = (
    "max_updates=24", "validate_every=9", "checkpoint_every=4", "log_every=1", "num_workers=2", "codebook_window=15",
)  # fmt: skip
# Seconds in which a run that was signalled is over, and everything that it started.
PATIENCE = 60
# Seconds in which a run that nobody disturbs comes to its end, on a machine that others use too.
WHOLE = 240


@pytest.fixture(scope="module")
def items(noise_corpus, tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    return lambda name: [f"data.path={noise_corpus}", f"runs_root={root}", f"name={name}", "trainer=cpu", *STEPS]


@pytest.fixture(scope="module")
def whole(micro, items):
    """A run that nobody disturbed."""
    process = micro.started(as_command, micro, items("whole"), os.devnull)
    process.join(WHOLE)
    assert process.exitcode == 0
    return micro.run_of({"runs_root": root_of(items), "name": "whole"})


def root_of(items):
    return next(item.partition("=")[2] for item in items("x") if item.startswith("runs_root="))


def as_command(micro, items, log):
    """`lfsc train … --continue`, whose output goes into a file."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    code = main(["train", str(micro.RECIPE), *items, "--continue"])
    sys.stdout.flush()
    raise SystemExit(code)


def learned(micro, run):
    """The last checkpoint, without when the loader's processes noted their positions."""
    checkpoint = micro.learned(run)
    del checkpoint["CodecDataModule"]
    return checkpoint


VICTIMS = [
    *[("main", number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL)],
    *[("loader", number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL)],
]


@pytest.mark.parametrize("seed", range(int(os.environ.get("LFSC_SIGNAL_TRIALS", "1"))))
@pytest.mark.parametrize(("victim", "number"), VICTIMS)
def test_nothing_is_left_and_nothing_is_lost(micro, items, whole, tmp_path, victim, number, seed):
    name = f"{victim}-{number.name}-{seed}"
    moments, log = random.Random(f"{name}"), tmp_path / "log"
    run = micro.run_of({"runs_root": root_of(items), "name": name})
    process = micro.started(as_command, micro, items(name), log)
    wait_for(lambda: len(micro.history(run)) > 1 or not process.is_alive(), WHOLE)
    time.sleep(moments.uniform(0, 1.5))
    started = descendants(process.pid)
    workers = [pid for pid in started if "pt_data_worker" in Path(f"/proc/{pid}/comm").read_text()]
    assert len(workers) == 2 or not process.is_alive()
    try:
        os.kill(process.pid if victim == "main" else moments.choice(workers), number)
    except (ProcessLookupError, IndexError):
        process.join(PATIENCE)
        assert process.exitcode == 0, log.read_text()
        pytest.skip("it had ended already, and well")
    process.join(PATIENCE)
    assert process.exitcode is not None, "it hangs"
    wait_for(lambda: not any(map(is_running, started)), 20)
    said = log.read_text()
    if number == signal.SIGKILL and victim == "main":
        assert process.exitcode == -signal.SIGKILL
    elif number == signal.SIGKILL:
        assert process.exitcode in (0, 2), said
        assert process.exitcode == 0 or "a worker died" in said.splitlines()[-1]
    else:
        assert process.exitcode in (0, 75), said
    assert "Traceback" not in said
    again = micro.started(as_command, micro, items(name), log)
    again.join(WHOLE)
    assert again.exitcode == 0, log.read_text()
    assert micro.differences(learned(micro, run), learned(micro, whole)) == []
    assert micro.history(run) == micro.history(whole)


ON_TWO = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "num_workers=1")


def as_rank(rank, micro, items, log):
    as_command(micro, items, f"{log}{rank}")


def on_two_ranks(micro, items, log):
    return micro.started_ranks(2, as_rank, micro, items, log)


@pytest.fixture(scope="module")
def whole_of_two(micro, items, tmp_path_factory):
    name, log = "whole-of-two", tmp_path_factory.mktemp("log") / "log"
    processes = on_two_ranks(micro, [*items(name), *ON_TWO], log)
    for process in processes:
        process.join(WHOLE)
    assert [process.exitcode for process in processes] == [0, 0], Path(f"{log}0").read_text()
    return micro.run_of({"runs_root": root_of(items), "name": name})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("rank", [0, 1])
def test_a_signal_to_one_of_two_ranks(micro, items, whole_of_two, tmp_path, rank, number):
    name, log = f"rank{rank}-{number.name}", tmp_path / "log"
    run, mine = micro.run_of({"runs_root": root_of(items), "name": name}), [*items(name), *ON_TWO]
    processes = on_two_ranks(micro, mine, log)
    wait_for(lambda: len(micro.history(run)) > 1, WHOLE)
    time.sleep(random.Random(name).uniform(0, 1))
    started = [each for process in processes for each in descendants(process.pid)]
    os.kill(processes[rank].pid, number)
    for process in processes:
        process.join(PATIENCE)
    assert all(process.exitcode is not None for process in processes), "it hangs"
    wait_for(lambda: not any(map(is_running, started)), 20)
    said = "".join(Path(f"{log}{each}").read_text() for each in (0, 1))
    if number == signal.SIGKILL:
        assert all(process.exitcode for process in processes), said
    else:
        assert processes[0].exitcode in (0, 75) and "Traceback" not in said, said
    again = on_two_ranks(micro, mine, log)
    for process in again:
        process.join(WHOLE)
    assert [process.exitcode for process in again] == [0, 0], Path(f"{log}0").read_text()
    assert micro.differences(learned(micro, run), learned(micro, whole_of_two)) == []
    assert micro.history(run) == micro.history(whole_of_two)
