"""One process at a time in a run, also when two are started at once and neither has reported yet that it runs."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from lfsc.distributed import is_first
from lfsc.io.lock import NAME, lock_or_refuse
from lfsc.runs.directory import Run

# Left by a task of Slurm's that found the run taken by another one of the same step.
RIVAL = ".rival"
# Tasks of one step start within so many seconds.
SECONDS_OF_A_START = 60


@contextmanager
def lock(run: Run, *, tasks: int = 1) -> Iterator[None]:
    """Inside, the run is this process's, and the first rank's for all; ValueError where it is another's.

    On a file system without locks, only status.json keeps others out. `tasks` is how many Slurm started at once.
    """
    if not is_first():
        yield
        return
    with ExitStack() as stack:
        if reason := try_lock(run, stack):
            if tasks > 1:
                (run.path / RIVAL).touch()
                raise ValueError(several_tasks(run, tasks))
            raise ValueError(reason)
        remove_old_rival(run)
        try:
            yield
        finally:
            (run.path / RIVAL).unlink(missing_ok=True)
            remove_if_empty(run)


def try_lock(run: Run, stack: ExitStack) -> str | None:
    """Take the run until the stack is left; where it is another process's, why."""
    run.status()  # ValueError where that is damaged
    try:
        run.refuse_if_running()
        refusal = f"{run.path} is running, or another process has just begun it: stop that first"
        stack.enter_context(lock_or_refuse(run.path / NAME, refusal))
    except ValueError as error:
        return str(error)
    return None


def remove_old_rival(run: Run) -> None:
    """Forget what was left by tasks of another start, which was killed."""
    rival = run.path / RIVAL
    if rival.exists() and time.time() - rival.stat().st_mtime > SECONDS_OF_A_START:
        rival.unlink()


def refuse_rivals(run: Run, tasks: int) -> None:
    """ValueError where another task wanted this run too: the one that came first need not train it alone."""
    if tasks > 1 and (run.path / RIVAL).exists():
        raise ValueError(several_tasks(run, tasks))


def several_tasks(run: Run, tasks: int) -> str:
    return (
        f"{tasks} tasks of Slurm were started for {run.path} and trainer.devices=1, and each would train by itself: "
        "add trainer=ddp, or for a run in each task give each its name, as in "
        "srun bash -c 'lfsc train … name=$SLURM_PROCID'"
    )


def remove_if_empty(run: Run) -> None:
    """Remove a folder in which nothing came to be."""
    if [path.name for path in run.path.iterdir()] == [NAME]:
        (run.path / NAME).unlink()
        run.path.rmdir()
