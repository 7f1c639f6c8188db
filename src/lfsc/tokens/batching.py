"""Samples through a codec in batches of clips of similar length, and out again in their order."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from torch import Tensor

from lfsc.io.messages import describe, printable
from lfsc.nn.memory import SHORTER_CHUNKS, explain_shortage
from lfsc.shards.tar import Sample

Item = TypeVar("Item")

# Clips are sorted by length within this many batches' worth of audio, which is held in memory.
BATCHES_AHEAD = 16


class Failure(NamedTuple):
    key: str
    reason: str


class Clip(NamedTuple):
    key: str
    note: dict
    content: Tensor  # audio [T], or tokens [C,F]

    @property
    def length(self) -> int:
        return self.content.shape[-1]


class Coded(NamedTuple):
    sample: Sample
    frames: int
    num_samples: int


Load = Callable[[Sample], Clip]
Code = Callable[[list[Clip]], Iterable[Coded]]


def code_in_batches(
    clips: Iterable[Clip | Failure], code: Code, *, longest: int, draw: Callable[[Iterator], Iterator] = iter
) -> Iterator[Coded | Failure]:
    """Each clip coded in batches of at most `longest` steps, padding included, or why it was not.

    `draw` draws the groups of clips from their iterator, such as `prefetch`, before they are asked for.
    """
    for group in draw(group_clips(clips, longest * BATCHES_AHEAD)):
        results: dict[int, Coded | Failure] = {}
        good = {place: clip for place, clip in enumerate(group) if isinstance(clip, Clip)}
        for places in plan_batches({place: clip.length for place, clip in good.items()}, longest):
            batch = [good[place] for place in places]
            results |= zip(places, code_batch(batch, code), strict=True)
        yield from (clip if isinstance(clip, Failure) else results[place] for place, clip in enumerate(group))


def prefetch(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, each drawn in a thread while the one before it is worked on."""
    end: Any = object()
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, items, end)
        while (item := following.result()) is not end:
            following = thread.submit(next, items, end)
            yield item


def load_samples(samples: Iterable[Sample], load: Load) -> Iterator[Clip | Failure]:
    return (load_sample(sample, load) for sample in samples)


def load_sample(sample: Sample, load: Load) -> Clip | Failure:
    try:
        return load(sample)
    # Whatever a recording does to its decoder, the others are not to suffer.
    except Exception as error:
        return Failure(printable(sample.key), describe(error))


def code_batch(clips: list[Clip], code: Code) -> list[Coded | Failure]:
    """The clips one by one where the batch cannot be coded, so that only the one at fault is lost."""
    try:
        return list(code(clips))
    except Exception as error:
        reason = explain_shortage(error, SHORTER_CHUNKS) or describe(error)
    # Not before the error is gone: it keeps all that its functions held, of a GPU the very memory that was short.
    if len(clips) == 1:
        return [Failure(printable(clips[0].key), reason)]
    return [result for clip in clips for result in code_batch([clip], code)]


def group_clips(clips: Iterable[Clip | Failure], size: int) -> Iterator[list[Clip | Failure]]:
    """Runs of clips with some `size` steps in each."""
    group, steps = [], 0
    for clip in clips:
        group.append(clip)
        steps += clip.length if isinstance(clip, Clip) else 0
        if steps >= size:
            yield group
            group, steps = [], 0
    if group:
        yield group


def plan_batches(lengths: dict[int, int], longest: int) -> Iterator[list[int]]:
    """Places of clips of similar length, so many that clips times the longest is at most `longest`; one at least."""
    batch: list[int] = []
    for place in sorted(lengths, key=lambda place: (-lengths[place], place)):
        # The first of a batch is its longest.
        if batch and (len(batch) + 1) * lengths[batch[0]] > longest:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
