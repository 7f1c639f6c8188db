"""One process at a time in a run, also when two are started at once and neither has reported yet that it runs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from lfsc.distributed import is_first
from lfsc.io.lock import lock_file
from lfsc.runs.directory import Run

NAME = ".lock"


@contextmanager
def lock(run: Run) -> Iterator[None]:
    """Inside, the run is this process's, and the first rank's for all; ValueError where it is another's.

    On a file system without locks, status.json alone keeps others out.
    """
    if not is_first():
        yield
        return
    run.refuse_if_running()
    run.path.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_file(run.path / NAME))
        except BlockingIOError as error:
            raise ValueError(f"{run.path} is running, or another process has just begun it: stop that first") from error
        try:
            yield
        finally:
            remove_if_empty(run)


def remove_if_empty(run: Run) -> None:
    """Remove a folder in which nothing came to be."""
    if [path.name for path in run.path.iterdir()] == [NAME]:
        (run.path / NAME).unlink()
        run.path.rmdir()
