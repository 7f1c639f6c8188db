"""One map over tasks: on this machine's cores, or on a Ray cluster."""

import itertools
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from typing import NamedTuple, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

# Tasks under way for each worker: enough that none idles while an early one takes long.
AHEAD = 4
# How often Ray repeats a task whose worker died.
RETRIES = 3
KEPT = "what is finished is kept, so the same command continues"


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
        result = workers.result(running.popleft())
        running.extend(workers.submit(function, task) for task in itertools.islice(remaining, 1))
        yield result


@contextmanager
def local(count: int) -> Iterator[Workers]:
    """Processes of this machine, or this process itself for a `count` of 0."""
    if count == 0:
        yield Workers(1, lambda function, task: function(task), lambda result: result)
        return
    # A server that has imported what the workers need and forks them: they start at once and inherit no threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["data_prep.output.shard_writer", "megatron.energon.flavors.webdataset.prepare"])
    forkserver.ensure_running()
    executor = ProcessPoolExecutor(count, mp_context=context, initializer=_begin)
    try:
        yield Workers(count, executor.submit, lambda future: future.result())
    except BrokenProcessPool as error:
        raise RuntimeError(f"a worker died; {KEPT}") from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def cluster(address: str) -> Iterator[Workers]:
    """The cores of a Ray cluster, all of which see the same files; `local` starts one on this machine."""
    try:
        import ray
    except ImportError as error:
        raise ValueError("--ray needs the package ray: pip install 'lfsc[ray]'") from error
    environment = {"env_vars": {"OMP_NUM_THREADS": "1"}}
    try:
        ray.init(address=address, log_to_driver=False, logging_level="WARNING", runtime_env=environment)
    # Ray raises a plain Exception when a node does not start.
    except Exception as error:
        raise RuntimeError(f"no Ray cluster at {address}: {str(error).strip().partition(chr(10))[0]}") from error

    def result(handle: ray.ObjectRef):
        try:
            return ray.get(handle)
        except ray.exceptions.RayTaskError as error:
            # What went wrong over there, without the traceback that Ray makes its message.
            raise error.cause from None

    try:
        remote = ray.remote(num_cpus=1, max_retries=RETRIES)(lambda function, task: function(task))
        yield Workers(int(ray.cluster_resources().get("CPU", 1)), remote.remote, result)
    except ray.exceptions.RayError as error:
        reason = str(error).strip().partition("\n")[0]
        raise RuntimeError(f"the Ray cluster failed ({type(error).__name__}: {reason}); {KEPT}") from error
    finally:
        ray.shutdown()


def _begin() -> None:
    """A local worker: one thread, quiet, and gone when the process that it works for is."""
    import torch

    torch.set_num_threads(1)
    # An interrupt reaches the whole group; the parent ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # libmpg123 and espeak-ng print straight to the error output, a line for every odd file.
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    os.close(silence)


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)
