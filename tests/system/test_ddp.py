"""Many ranks as people start them, from the command line, on the CPU."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import children, wait_for

from lfsc.runs.directory import Run

pytestmark = pytest.mark.slow
ON_TWO = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "log_every=1", "validate_every=3")


@pytest.fixture
def command(micro, noise_corpus, tmp_path):
    """A function that starts `lfsc train` with overrides, by some launcher, and returns its process."""
    started = []

    def start(*items, launcher=(sys.executable, "-m", "lfsc")):
        place = (f"data.path={noise_corpus}", f"runs_root={tmp_path}")
        line = [*launcher, "train", str(micro.RECIPE), *place, *ON_TWO, *items]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            line, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        started.append(process)
        return process

    start.run = Run(tmp_path / "demo")
    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def ended(process, seconds=240):
    reported, _ = process.communicate(timeout=seconds)
    return process.returncode, reported


def updates(micro, run):
    return [int(row["update"]) for row in micro.history(run)]


def test_lightning_starts_the_other_ranks_by_the_same_command(command, micro):
    """Through the console script and with an uneven number of validation clips."""
    script = os.path.join(os.path.dirname(sys.executable), "lfsc")
    code, reported = ended(command("max_updates=6", "data.max_val_clips=7", launcher=(sys.executable, script)))
    assert code == 0, reported
    assert reported.count("finished at update 6 of 6") == 1, "one rank speaks for all"
    assert "on 2 × cpu" in reported
    assert updates(micro, command.run) == list(range(7))
    assert command.run.status().state == "finished"
    assert micro.checkpoint_of(command.run)["CodecDataModule"]["stream"]["identity"]["world_size"] == 2


def test_torchrun_starts_them(command, micro):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", f"--master-port={port}", "-m")
    code, reported = ended(command("max_updates=3", launcher=(*torchrun, "lfsc")))
    assert code == 0, reported
    assert reported.count("finished at update 3 of 3") == 1
    assert updates(micro, command.run) == [0, 1, 2, 3]


def wait_while_running(condition, process):
    wait_for(lambda: condition() or process.poll() is not None)
    assert process.poll() is None, ended(process)


def test_an_interrupted_job_goes_on_by_the_command_that_began_it(command, micro):
    """As a scheduler does it: a signal to every process of the job, exit status 75, the same command again."""
    process = command("max_updates=1000", "num_workers=1", "validate_every=1000", "--continue")
    wait_while_running(lambda: len(updates(micro, command.run)) > 2, process)
    os.killpg(process.pid, signal.SIGTERM)
    code, reported = ended(process)
    assert code == 75, reported
    status = command.run.status()
    assert (status.state, updates(micro, command.run)[-1]) == ("interrupted", status.update)
    process = command("max_updates=1000", "num_workers=1", "validate_every=1000", "--continue")
    wait_while_running(lambda: len(updates(micro, command.run)) > status.update + 3, process)
    os.killpg(process.pid, signal.SIGTERM)
    assert ended(process)[0] == 75
    assert updates(micro, command.run) == list(range(command.run.status().update + 1))


def test_a_rank_that_dies_ends_the_others(command, micro):
    process = command("max_updates=1000", "validate_every=1000")
    wait_while_running(lambda: len(updates(micro, command.run)) > 2, process)
    (child,) = second_rank(process)
    os.kill(child, signal.SIGKILL)
    begin = time.monotonic()
    code, _ = ended(process)
    assert code != 0
    assert time.monotonic() - begin < 60
    assert command.run.status().effective_state in ("killed", "failed")


def test_the_others_end_when_the_first_rank_dies_before_they_have_met(command):
    process = command("max_updates=1000")
    wait_while_running(lambda: second_rank(process), process)
    process.kill()
    begin = time.monotonic()
    ended(process)  # the pipe is closed when the last of them is gone
    assert time.monotonic() - begin < 120, "torch itself would have waited for five minutes"


def second_rank(process):
    return [pid for pid in children(process.pid) if b"LOCAL_RANK=1" in environment_of(pid)]


def environment_of(pid):
    return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
