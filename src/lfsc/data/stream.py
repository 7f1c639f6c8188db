"""The training stream: endless batches of random crops, whose position can be saved and restored exactly."""

import logging
import time
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

import torch
from megatron.energon import get_savable_loader
from megatron.energon.flavors.base_dataset import SavableDataset
from megatron.energon.savable_loader import SavableDataLoader, SavableDataLoaderState

from lfsc.data import loader_failures
from lfsc.data.batch import Batch, UnusableData
from lfsc.data.loader_state import from_plain, to_plain
from lfsc.data.loader_workers import Answers, LoaderWorkers, disown
from lfsc.data.skips import SkipLog
from lfsc.distributed import gather
from lfsc.io.restoring import MISFITS, explain_misfit

logger = logging.getLogger(__name__)

# A restored worker repeats its work since it last noted its position, so for at most about this long.
SECONDS_BETWEEN_NOTES = 5
# An endless loader must say how long it is, or Lightning fetches a batch ahead and saves a position one too far.
ENDLESS = 10**12


class Ranks(NamedTuple):
    """This process is number `rank` of `world_size`; each has `num_workers` loader processes, or loads by itself."""

    rank: int
    world_size: int
    num_workers: int

    @property
    def total_workers(self) -> int:
        return self.world_size * max(1, self.num_workers)


class TrainingStream:
    """The batches of an energon dataset. `identity` tells what a saved position belongs to."""

    def __init__(self, *, dataset: SavableDataset[Batch], ranks: Ranks, identity: dict[str, Any], seed: int):
        self.loader = make_loader(dataset, seed)
        self.ranks = ranks
        self.identity = {**identity, "world_size": ranks.world_size, "num_workers": ranks.num_workers}
        self.log = SkipLog()
        self.was_just_restored = False
        self.workers = LoaderWorkers()
        if ranks.num_workers:
            self.loader.result_queues = [Answers(queue, self.workers) for queue in self.loader.result_queues]

    def __iter__(self) -> Iterator[Batch]:
        try:
            batches = iter(self.loader)
            for batch in chain(self.take_first(batches), batches):
                self.was_just_restored = False
                self.log.add(batch.skipped)
                yield batch
        except UnusableData as error:
            # A worker's error arrives as its whole traceback, of which the last line is the message.
            line = str(error).strip().rpartition("\n")[2]
            raise UnusableData(line.partition("UnusableData: ")[2] or line) from error
        except (OSError, *MISFITS) as error:
            if reason := loader_failures.explain(error) or self.workers.explain_broken_connection(error):
                raise UnusableData(reason) from error
            if self.was_just_restored:
                raise ValueError(explain_misfit("position in the data", error)) from error
            raise

    def take_first(self, batches: Iterator[Batch]) -> list[Batch]:
        """The first batch, with which the workers start."""
        if self.ranks.num_workers:
            loader_failures.require_room(self.ranks.num_workers)
        with self.workers.starting():
            return list(islice(batches, 1))

    def __len__(self) -> int:
        return ENDLESS

    def close(self) -> None:
        """End the worker processes, also those that wait for storage that hangs."""
        try:
            if self.loader._iterator is not None:
                disown(self.loader._iterator)
        finally:
            self.workers.kill()

    def gather_state(self) -> dict[str, Any]:
        """Where all ranks are, in plain containers. Every rank must ask."""
        return {"identity": self.identity, "ranks": gather(to_plain(self.save_rank_state()))}

    def save_rank_state(self) -> SavableDataLoaderState | None:
        state = self.loader.save_state_rank()
        # A worker that is asked before it has begun answers nothing, with an offset that is one too far.
        while (
            state is not None and self.ranks.num_workers and any(worker.state is None for worker in state.worker_states)
        ):
            time.sleep(0.02)
            state = self.loader.save_state_rank()
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was saved, before the first batch is taken.

        The same ranks and workers then see the same batches, bit for bit. If only the number of ranks has changed and
        ranks x workers has not, each worker goes on where it was, on another rank: no clip is lost or repeated, the
        batches are the same, but which of them share an update changes. Otherwise the stream starts afresh and says so.
        """
        saved = state["identity"]
        changed = [key for key in self.identity if saved.get(key) != self.identity[key]]
        rank_states = state["ranks"]
        if changed and set(changed) <= {"world_size", "num_workers"}:
            rank_states = redistribute(rank_states, self.ranks)
        elif changed:
            rank_states = None
        if rank_states is None:
            differences = (describe_difference(key, saved.get(key), self.identity[key]) for key in changed)
            logger.log(
                logging.DEBUG if self.ranks.rank else logging.WARNING,  # once for all
                "the data start afresh, because in the saved position %s; another data.seed gives them another order",
                " and ".join(differences),
            )
        elif rank_states[self.ranks.rank] is not None:
            self.restore_rank(from_plain(rank_states[self.ranks.rank]))

    def restore_rank(self, state: SavableDataLoaderState) -> None:
        self.loader.restore_state_rank(state)
        self.was_just_restored = True
        if self.ranks.num_workers:
            # energon leaves out the offset, and would lose it in a state saved before each worker has given a batch.
            self.loader._worker_sample_counters = [w.state.sample_index + w.offset - 1 for w in state.worker_states]


def describe_difference(key: str, before: Any, now: Any) -> str:
    return f"{key} was {before} and is {now}" if isinstance(now, int) else f"{key} was another"


def make_loader(dataset: SavableDataset[Batch], seed: int) -> SavableDataLoader[Batch]:
    loader = get_savable_loader(
        dataset,
        checkpoint_every_sec=SECONDS_BETWEEN_NOTES,
        watchdog_timeout_seconds=None,
        # Batches are in no cycles, and a collection takes as long as many crops.
        gc_collect_every_n_steps=0,
    )
    # Its own: starting a loader draws a number, which would otherwise be one of training's.
    loader.generator = torch.Generator().manual_seed(seed)
    if loader.num_workers:
        loader.timeout = loader_failures.SECONDS_TO_HANG
    return loader


def redistribute(rank_states: Sequence[Any], ranks: Ranks) -> list[Any] | None:
    """The workers' states dealt to another number of ranks; None if there are not as many workers in all.

    A rank that loads by itself, without workers, has a state of another kind.
    """
    if None in rank_states:
        return None
    states = [rank["SavableDataLoaderState"] for rank in rank_states]
    workers = [worker for state in states for worker in state["worker_states"]]
    if len(workers) != ranks.world_size * ranks.num_workers or any("FlexState" in worker for worker in workers):
        return None
    dealt = [workers[i : i + ranks.num_workers] for i in range(0, len(workers), ranks.num_workers)]
    return [{"SavableDataLoaderState": {**states[0], "worker_states": own, "next_worker_id": 0}} for own in dealt]
