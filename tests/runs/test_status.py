"""What status.json says, and whether it is still true."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import wait_for

from lfsc.runs.status import FINISHED, HEARTBEAT_TIMEOUT, RUNNING, Status, start_of

HERE = socket.gethostname()


def status(state=RUNNING, *, host=HERE, pid=None, last_heartbeat=None):
    return Status(state, 5, 10, host, os.getppid() if pid is None else pid, last_heartbeat or time.time())


@pytest.fixture
def process():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield child
    child.kill()
    child.wait()


def test_a_process_that_lives_is_alive(process):
    assert status(pid=process.pid).effective_state == RUNNING


def test_a_process_that_ended_was_killed(process):
    process.kill()
    process.wait()
    assert status(pid=process.pid).effective_state == "killed"


def test_a_zombie_is_dead(process):
    """As a killed child is until its parent asks after it."""
    process.kill()
    wait_for(lambda: start_of(process.pid) is None, 10)
    assert not status(pid=process.pid).alive


def test_a_number_that_another_process_has_now_is_not_the_run(process):
    assert not status(pid=process.pid, last_heartbeat=time.time() - 100).alive


def test_a_run_of_another_machine_is_alive_while_it_has_heartbeats():
    assert status(host="elsewhere").alive
    assert status(host="elsewhere", last_heartbeat=time.time() - HEARTBEAT_TIMEOUT - 1).effective_state == "killed"


@pytest.mark.parametrize("state", [FINISHED, "interrupted", "failed"])
def test_a_run_that_ended_is_not_alive(state):
    assert status(state).effective_state == state
    assert not status(state).alive


def test_when_a_process_began(process):
    assert start_of(process.pid) == pytest.approx(time.time(), abs=5)


def test_a_number_that_no_process_can_have_is_no_process():
    assert not status(pid=1 << 39).alive


def test_the_name_of_a_process_may_be_of_any_bytes():
    """Linux cuts it, also in the middle of a letter."""
    name = Path("/proc/self/comm")
    before = name.read_bytes().removesuffix(b"\n")  # which is not part of it
    name.write_bytes("日".encode()[:2])
    try:
        assert time.time() - start_of(os.getpid()) > 0
    finally:
        name.write_bytes(before)
