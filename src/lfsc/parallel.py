"""One map over tasks: in this process, in others of this machine, or on a Ray cluster."""

import itertools
import logging
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
from multiprocessing import forkserver, resource_tracker
from typing import Any, NamedTuple, TypeVar

from lfsc.io.messages import first_line

Task = TypeVar("Task")
Result = TypeVar("Result")

# Tasks under way for each worker: enough that none idles while an early one takes long.
AHEAD = 4
# How often Ray repeats a task whose worker died.
RETRIES = 3
KEPT = "what is finished is kept, so the same command continues"
INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NEEDED = "they need a short TMPDIR, room in /dev/shm and open files (ulimit -n); fewer workers need less"

_device = "cpu"


class WorkerLost(OSError):
    """A worker is gone, and its task with it."""


class Workers(NamedTuple):
    """`submit` starts a task and gives a handle, `result` waits for one; `count` tasks run at a time."""

    count: int  # type: ignore[assignment]  # not the tuple's method
    submit: Callable
    result: Callable


def map_tasks(workers: Workers, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
    """The results in the order of the tasks, which are drawn only as workers come free; errors are raised here."""
    remaining = iter(tasks)
    running = deque(workers.submit(function, task) for task in itertools.islice(remaining, workers.count * AHEAD))
    while running:
        result = workers.result(running.popleft())
        running.extend(workers.submit(function, task) for task in itertools.islice(remaining, 1))
        yield result


def count_cpus() -> int:
    """Those that this process may use, which in a job of Slurm's or in a container are not all of the machine."""
    return len(os.sched_getaffinity(0))


def own_device() -> str:
    """The device that this process works on, as its `devices` say: cpu, cuda:0 …"""
    return _device


@contextmanager
def here(device: str = "cpu") -> Iterator[Workers]:
    """This process itself."""
    global _device
    before, _device = _device, device
    try:
        yield Workers(1, lambda function, *task: function(*task), lambda result: result)
    finally:
        _device = before


@contextmanager
def local(
    devices: list[str], *, threads: int = 1, preload: tuple[str, ...] = (), quiet: bool = False
) -> Iterator[Workers]:
    """Processes of this machine, one per device, each with so many threads.

    Modules named in `preload` are imported once for all of them. With `quiet`, libraries that print by themselves are
    not heard. WorkerLost where a process is killed.
    """
    # A server that has imported what the workers need and forks them: they start at once and inherit no threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    with safe_path(), starting():
        forkserver.ensure_running()
        free = context.SimpleQueue()
        for device in devices:
            free.put(device)
        begin = (free, threads, quiet)
        executor = ProcessPoolExecutor(len(devices), mp_context=context, initializer=begin_worker, initargs=begin)

    def submit(*task):
        with starting():
            return executor.submit(work, *task)

    try:
        yield Workers(len(devices), submit, lambda future: future.result())
    except BrokenProcessPool as error:
        raise WorkerLost(f"a worker was killed, perhaps for want of memory; {KEPT}") from error
    except (KeyboardInterrupt, GeneratorExit):
        # Nobody waits for what they are doing, which may take minutes.
        for process in list((executor._processes or {}).values()):
            process.terminate()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def cluster(address: str, *, gpus: bool = False) -> Iterator[Workers]:
    """The cores or the GPUs of a Ray cluster, all of which see the same files; `local` starts one on this machine.

    ValueError where Ray is not installed, WorkerLost where there is no cluster or where it fails.
    """
    try:
        import ray
    except ImportError as error:
        raise ValueError("--ray needs the package ray: pip install 'lfsc[ray]'") from error
    environment = {} if gpus else {"env_vars": {"OMP_NUM_THREADS": "1"}}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING, runtime_env=environment)
    # Ray raises a plain Exception when a node does not start.
    except Exception as error:
        raise WorkerLost(f"no Ray cluster at {address}: {first_line(error)}") from error

    def result(handle: ray.ObjectRef):
        try:
            return ray.get(handle)
        except ray.exceptions.RayTaskError as error:
            # What went wrong over there, without the traceback that Ray makes its message.
            raise error.cause from None

    kind, device = ("GPU", "cuda") if gpus else ("CPU", "cpu")
    try:
        options: dict[str, Any] = {f"num_{kind.lower()}s": 1, "max_retries": RETRIES}
        remote = ray.remote(**options)(run_on)
        count = int(ray.cluster_resources().get(kind, 1))
        yield Workers(count, lambda function, *task: remote.remote(device, function, *task), result)
    except ray.exceptions.RayError as error:
        raise WorkerLost(f"the Ray cluster failed ({type(error).__name__}: {first_line(error)}); {KEPT}") from error
    finally:
        ray.shutdown()


@contextmanager
def safe_path() -> Iterator[None]:
    """Python processes begun now do not import what lies in the working folder, where `python -c` looks first."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


@contextmanager
def starting() -> Iterator[None]:
    """Where processes begin: an interrupt comes afterwards, and an OSError says what they need.

    One that still imports would print where an interrupt, which reaches the whole group, has found it, and one that
    begins while this process ends would print what it misses.
    """
    # Which lets interrupts through when it has started.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTIONS)
    try:
        yield
    except OSError as error:
        raise OSError(f"worker processes cannot be started ({first_line(error)}): {NEEDED}") from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_on(device: str, function: Callable, *task):
    with here(device):
        return function(*task)


def begin_worker(free, threads: int, quiet: bool) -> None:
    """A local worker: its device, its threads, and gone when the process that it works for is."""
    import torch

    global _device
    _device = free.get()
    torch.set_num_threads(threads)
    # An interrupt reaches the whole group; the parent ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTIONS)
    threading.Thread(target=end_with_parent, daemon=True).start()
    if quiet:
        # libmpg123 and espeak-ng print straight to the error output, a line for every odd file.
        sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 2)
        os.close(silence)


def work(function: Callable, *task):
    """A task of a worker, which is let clean up where the worker is to end, before others that wait begin."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        return function(*task)
    except SystemExit:
        os._exit(1)


def end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # of a worker
    parent.join()
    os._exit(1)
