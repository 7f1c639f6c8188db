"""How far a run is, as its status.json says."""

import os
import socket
import time
from pathlib import Path
from typing import NamedTuple

from lfsc.nn.arguments import brief

RUNNING, FINISHED, INTERRUPTED, FAILED, KILLED = "running", "finished", "interrupted", "failed", "killed"
# Seconds without a heartbeat after which a run on another machine is taken for dead.
HEARTBEAT_TIMEOUT = 120
# What neither counts, nor process ids, nor seconds since 1970 reach.
TOO_LARGE = 1 << 40


class Status(NamedTuple):
    state: str
    update: int
    max_updates: int
    host: str
    pid: int
    last_heartbeat: float  # seconds since 1970
    message: str = ""

    def checked(self) -> "Status":
        """Itself; TypeError for a value of another kind, or a number that cannot be."""
        for name, kind in type(self).__annotations__.items():
            value = getattr(self, name)
            is_kind = isinstance(value, int | float if kind is float else kind)
            if not is_kind or (kind is not str and not abs(value) < TOO_LARGE):
                raise TypeError(f"{name} is {brief(value)}")
        return self

    @property
    def alive(self) -> bool:
        """Whether the process that wrote it still runs, as far as this machine can tell."""
        if self.state != RUNNING or self.pid == os.getpid():
            return False
        if self.host != socket.gethostname():
            return time.time() - self.last_heartbeat < HEARTBEAT_TIMEOUT
        started = start_of(self.pid)
        # A process that began later has the number by chance, as happens where a container starts again.
        return started is not None and started <= self.last_heartbeat

    @property
    def effective_state(self) -> str:
        """The state; a run that says it runs and does not was killed."""
        return KILLED if self.state == RUNNING and not self.alive else self.state


def start_of(pid: int) -> float | None:
    """When a process of this machine began, in seconds since 1970; None if there is none, 0 where it cannot be told."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # the latter of a number that no process has
        return None
    except PermissionError:
        return 0.0
    try:
        # The numbers stand after the program's name, which is in brackets and may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    if fields[0] == b"Z":
        return None
    boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return boot + int(fields[19]) / os.sysconf("SC_CLK_TCK")
