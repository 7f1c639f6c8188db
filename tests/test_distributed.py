"""Which process is whose: ranks, runs of their own, and a process that ends with its parent."""

import os
import signal
import subprocess
import sys
import time
from unittest.mock import patch

import pytest

from lfsc.distributed import become_single_process, is_first

CHILD = (
    "import os, time; from lfsc.distributed import end_with; end_with({parent}); "
    "print(os.getpid(), flush=True); time.sleep(60)"
)
PARENT = "import os, subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}.format(parent=os.getpid())])"


def pid_of(process):
    return int(process.stdout.readline())


def ends(process, seconds=20):
    """The child holds the pipe as long as it lives."""
    begin = time.monotonic()
    process.communicate(timeout=seconds)
    return time.monotonic() - begin


def test_a_child_ends_soon_after_its_parent_was_killed():
    process = subprocess.Popen([sys.executable, "-c", PARENT.format(child=CHILD)], stdout=subprocess.PIPE, text=True)
    child = pid_of(process)
    time.sleep(0.5)
    os.kill(child, 0)
    os.kill(process.pid, signal.SIGKILL)
    assert ends(process) < 10


def test_one_whose_parent_was_gone_before_it_looked_ends_as_well():
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(parent=2**22 + 1)], stdout=subprocess.PIPE, text=True
    )
    assert ends(process) < 20
    assert process.returncode == 1


def test_processes_that_would_train_side_by_side_are_refused():
    refused = r"4 processes were started for trainer.devices=1.* add trainer=ddp"
    with patch.dict(os.environ, {"WORLD_SIZE": "4", "RANK": "1"}), pytest.raises(ValueError, match=refused):
        become_single_process()


def test_a_task_of_slurms_is_a_run_of_its_own():
    with patch.dict(os.environ, {"SLURM_NTASKS": "4", "SLURM_PROCID": "3", "SLURM_JOB_ID": "7"}):
        assert not is_first()
        assert become_single_process() == 4
        assert is_first(), "it writes its own logs"
        assert become_single_process() == 1
