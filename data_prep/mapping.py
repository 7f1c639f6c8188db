"""One map over tasks: local processes, or a Ray cluster."""

import itertools
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from typing import NamedTuple, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

# Tasks under way for each worker: enough that none idles while an early one takes long.
AHEAD = 4


class Workers(NamedTuple):
    """`submit` starts a task and gives a handle, `result` waits for one; `count` tasks run at a time."""

    count: int
    submit: Callable
    result: Callable


def mapped(workers: Workers, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
    """The results in the order of the tasks, which are drawn only as workers come free; errors are raised here."""
    remaining = iter(tasks)
    running = deque(workers.submit(function, task) for task in itertools.islice(remaining, workers.count * AHEAD))
    while running:
        yield workers.result(running.popleft())
        running.extend(workers.submit(function, task) for task in itertools.islice(remaining, 1))


@contextmanager
def local(count: int) -> Iterator[Workers]:
    """Processes of this machine."""
    # A server that has imported what the workers need and forks them: they start at once and inherit no threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["data_prep.shards", "megatron.energon.flavors.webdataset.prepare"])
    forkserver.ensure_running()
    executor: Executor = ProcessPoolExecutor(count, mp_context=context, initializer=_single_threaded)
    try:
        yield Workers(count, executor.submit, lambda future: future.result())
    except BrokenProcessPool as error:
        raise RuntimeError("a worker process died; what is finished is kept, so run the same command again") from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _single_threaded() -> None:
    """Every core has a worker of its own."""
    import torch

    torch.set_num_threads(1)
