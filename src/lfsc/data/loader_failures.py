"""What the loader's processes need of a machine, and what their failures mean, which torch tells at length."""

import errno
import os
import resource
import signal
from pathlib import Path

from lfsc.data.batch import UnusableData

# Waiting longer for a batch means that the storage hangs.
SECONDS_TO_HANG = 60

# Pipes between this process and a worker, and files beside them.
OPEN_FILES, FILES_PER_WORKER = Path("/proc/self/fd"), 8
# Where torch's processes hand over tensors, and bytes of it that even the smallest batches need.
SHARED_MEMORY, LEAST_SHARED_MEMORY = Path("/dev/shm"), 1 << 20
NO_SHARED_MEMORY = (
    "/dev/shm, through which the loader's processes hand over batches, is full or too small: num_workers=0 does "
    "without it, and a container gets more of it by --shm-size=8g"
)


def require_room(num_workers: int) -> None:
    """UnusableData where /dev/shm is full or few files may be open: torch fails half-way there, with a traceback."""
    allowed, needed = resource.getrlimit(resource.RLIMIT_NOFILE)[0], FILES_PER_WORKER * (num_workers + 1)
    if OPEN_FILES.is_dir() and allowed - len(list(OPEN_FILES.iterdir())) < needed:
        raise UnusableData(describe_too_few_files())
    if SHARED_MEMORY.is_dir():
        found = os.statvfs(SHARED_MEMORY)
        if found.f_bavail * found.f_frsize < LEAST_SHARED_MEMORY:
            raise UnusableData(NO_SHARED_MEMORY)


def describe_too_few_files() -> str:
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return f"the loader needs more than the {allowed} files that may be open at once: raise it, as by ulimit -n 4096"


def describe_death(exitcode: int | None) -> str:
    """In one line, how a worker ended that should not have."""
    how = f"by {signal.Signals(-exitcode).name}" if exitcode and exitcode < 0 else f"with exit status {exitcode}"
    hint = ", as where the memory runs out: num_workers takes fewer" if exitcode == -signal.SIGKILL else ""
    return f"a worker died, {how}{hint}"


def explain(error: Exception) -> str | None:
    """What a failure means, in one line; None for one of anything else."""
    text = str(error)
    if "Too many open files" in text or getattr(error, "errno", None) == errno.EMFILE:
        return describe_too_few_files()
    if "shared memory" in text or "</torch_" in text or getattr(error, "errno", None) == errno.ENOSPC:
        return NO_SHARED_MEMORY
    if text.startswith("DataLoader"):
        return f"no batch came within {SECONDS_TO_HANG} s or a worker died: {text}"
    return None
