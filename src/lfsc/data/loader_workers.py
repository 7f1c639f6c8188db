"""The loader's processes: their start, their death and their end, where energon and torch would wait or fail."""

import gc
import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from multiprocessing.util import Finalize
from queue import Empty
from typing import Any

import torch
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter

from lfsc.data import loader_failures
from lfsc.data.batch import UnusableData

# Whether workers are alive is looked at while an answer is waited for: the signal of a death may reach any thread.
SECONDS_BETWEEN_LOOKS = 1


class LoaderWorkers:
    """The processes that have been started to load."""

    def __init__(self) -> None:
        self.processes: list[BaseProcess] = []
        # However this process ends, it waits for its children, and they for work.
        Finalize(None, kill_at_exit, args=(self.processes,), exitpriority=0)

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Processes that start within are workers."""
        others = set(multiprocessing.active_children())
        # Workers are forked. Their garbage collectors, and energon in each, would otherwise look at all that is here by
        # now, and so make a copy of its memory.
        gc.freeze()
        try:
            yield
        finally:
            gc.unfreeze()
            # Also where not all of them could be started, and the loader knows of none.
            self.processes += [process for process in multiprocessing.active_children() if process not in others]

    def explain_death(self) -> str | None:
        """How the first dead one ended; None where all are alive."""
        dead = (process.exitcode for process in self.processes if not process.is_alive())
        return next(map(loader_failures.describe_death, dead), None)

    def explain_broken_connection(self, error: Exception) -> str | None:
        """How the worker died that broke it; None where none did, and for other errors."""
        if not isinstance(error, ConnectionError | EOFError):
            return None
        # A dying process closes its files, of which its sentinel is one, a moment before its end can be seen.
        dying = wait([process.sentinel for process in self.processes], timeout=SECONDS_BETWEEN_LOOKS)
        for process in self.processes:
            if process.sentinel in dying:
                process.join()
        return self.explain_death()

    def kill(self) -> None:
        kill(self.processes)


class Answers:
    """A queue of workers' answers; UnusableData where one of them has died, for which energon would wait for ever."""

    def __init__(self, queue: Queue, workers: LoaderWorkers):
        self.queue = queue
        self.workers = workers

    def get(self) -> Any:
        while True:
            try:
                return self.queue.get(timeout=SECONDS_BETWEEN_LOOKS)
            except Empty:
                if reason := self.workers.explain_death():
                    raise UnusableData(reason) from None


def disown(iterator: _MultiProcessingDataLoaderIter) -> None:
    """Take its workers from torch, which would wait for locks that a worker which was killed may hold."""
    if iterator._worker_pids_set:
        # From here on, the end of a worker is no error.
        torch._C._remove_worker_pids(id(iterator))
        iterator._worker_pids_set = False
    iterator._shutdown = True
    if hasattr(iterator, "_pin_memory_thread_done_event"):
        iterator._pin_memory_thread_done_event.set()
    for queue in iterator._index_queues:
        queue.cancel_join_thread()


def kill(workers: list[BaseProcess]) -> None:
    # Not by SIGTERM, as torch does: training's workers keep that blocked.
    for worker in workers:
        worker.kill()


def kill_at_exit(workers: list[BaseProcess]) -> None:
    # torch takes the end of a worker for an error, also now.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    kill(workers)
