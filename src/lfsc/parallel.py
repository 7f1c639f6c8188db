"""One map over tasks whose function holds a model: in this process, in one a device, or on a Ray cluster."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple

Work = Callable[[Any], Any]  # of one task
Make = Callable[[str], Work]  # work on a device: cpu, cuda:0 …

RETRIES = 3
_work: Work


class Outcome(NamedTuple):
    task: Any
    result: Any = None
    error: Exception | None = None


def mapped(make: Make, tasks: list, *, devices: list[str], threads: int) -> Iterator[Outcome]:
    """What comes of each task, as it comes, from one process a device, each with so many threads.

    ValueError and OSError of a task are its outcome; anything else ends the map.
    """
    if len(devices) <= 1 or len(tasks) <= 1:
        work = make(devices[0])
        for task in tasks:
            yield outcome(task, work)
        return
    # Not forked: a child of a process whose threads have computed hangs at its first convolution.
    context = multiprocessing.get_context("spawn")
    free = context.SimpleQueue()
    for device in devices:
        free.put(device)
    count = min(len(devices), len(tasks))
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(make, free, threads)) as executor:
        yield from outcomes(executor, tasks)


def outcomes(executor: Executor, tasks: list) -> Iterator[Outcome]:
    futures = [executor.submit(_do, task) for task in tasks]
    try:
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise OSError("a worker was killed, perhaps for want of memory; the same command goes on from here") from error
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def mapped_on_ray(make: Make, tasks: list, *, address: str, gpus: bool) -> Iterator[Outcome]:
    """The same on the machines of a Ray cluster, which see the same files: a task for each core, or for each GPU."""
    try:
        import ray
    except ImportError as error:
        raise ValueError("--ray needs the package ray: pip install ray") from error
    ray.init(address=address, log_to_driver=False)
    try:
        resources = {"num_gpus": 1} if gpus else {"num_cpus": 1}
        # Once for all tasks.
        work = ray.put(make)
        remote = ray.remote(max_retries=RETRIES, **resources)(_do_on_ray)
        running = {remote.remote(work, task, "cuda" if gpus else "cpu"): task for task in tasks}
        while running:
            (done, *_), _ = ray.wait(list(running))
            del running[done]
            yield ray.get(done)
    finally:
        ray.shutdown()


def outcome(task: Any, work: Work) -> Outcome:
    try:
        return Outcome(task, work(task))
    except (ValueError, OSError) as error:
        return Outcome(task, error=error)


def _do_on_ray(make: Make, task: Any, device: str) -> Outcome:
    import torch

    if device == "cpu":
        torch.set_num_threads(1)
    return outcome(task, make(device))


def _do(task: Any) -> Outcome:
    return outcome(task, _work)


def _begin(make: Make, free, threads: int) -> None:
    """A worker process: its device, its threads, and gone when the process that it works for is."""
    import torch

    global _work
    torch.set_num_threads(threads)
    # An interrupt reaches the whole group; the parent ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _work = make(free.get())


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)
