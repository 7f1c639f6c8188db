"""One process at a time in a run, also when two are started at once and neither has reported yet that it runs."""

import errno
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from lfsc.distributed import is_first
from lfsc.runs.directory import Run

NAME = ".lock"
# What a file system without locks answers: there, status.json alone keeps others out.
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


@contextmanager
def lock(run: Run) -> Iterator[None]:
    """Inside, the run is this process's, and the first rank's for all; ValueError where it is another's.

    The lock ends with the process, however that ends, and the loader's processes do not inherit it.
    """
    if not is_first():
        yield
        return
    run.refuse_if_running()
    run.path.mkdir(parents=True, exist_ok=True)
    path = run.path / NAME
    with path.open("a") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise ValueError(
                    f"{run.path} is running, or another process has just begun it: stop that first"
                ) from error
        try:
            yield
        finally:
            remove_if_empty(run)


def remove_if_empty(run: Run) -> None:
    """Remove a folder in which nothing came to be."""
    if [path.name for path in run.path.iterdir()] == [NAME]:
        (run.path / NAME).unlink()
        run.path.rmdir()
