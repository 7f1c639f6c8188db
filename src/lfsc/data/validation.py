"""Validation clips: the same ones at the same places, every time and on any number of ranks."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

import torch

from lfsc.data.batch import Batch, Skip, UnusableClip, UnusableData
from lfsc.data.corpus import Dataset
from lfsc.data.crops import Cropper
from lfsc.data.shard_reader import open_clip, read_shards
from lfsc.data.skips import describe
from lfsc.io.messages import say_count

logger = logging.getLogger(__name__)


class ValidationClips:
    """Batches [B,T] of a rank's part of at most `max_clips` clips, the datasets in turns.

    Each clip is in one batch of one rank, all ranks have as many batches, and batches differ by one clip at most. Where
    a clip is cut depends only on its key. Clips that cannot be used are left out, of which a warning tells once, and so
    are batches of nothing else; UnusableData where a rank has no other.
    """

    def __init__(
        self, *, path: str, datasets: Sequence[Dataset], cropper: Cropper, batch_size: int, max_clips: int | None,
        rank: int, world_size: int,
    ):  # fmt: skip
        self.readers = [read_shards(path, dataset) for dataset in datasets]
        self.cropper = cropper
        clips = in_turns([len(clips) for clips in self.readers])[:max_clips]
        if len(clips) < world_size:
            raise ValueError(
                f"{path}: {say_count(len(clips), 'validation clip')} for {world_size} ranks; prepare more or raise "
                "max_val_clips"
            )
        # At most batch_size clips a batch, or one more where there would be too few batches for every rank.
        batches = min(-(-len(clips) // (batch_size * world_size)), len(clips) // world_size)
        self.batches = split_evenly(clips, batches * world_size)[rank::world_size]
        self.has_warned = False

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Batch]:
        skipped: list[Skip] = []
        for number, clips in enumerate(self.batches, start=1):
            batch = self.batch(clips)
            skipped += batch.skipped
            # Before the last one is given: whoever takes it need not ask for more.
            if skipped and number == len(self.batches):
                self.warn(skipped)
            if batch.keys:
                yield batch

    def warn(self, skipped: Sequence[Skip]) -> None:
        """Once of clips that are left out; UnusableData where all are."""
        reasons = f"{describe(Counter(skip.reason for skip in skipped))}; the last was {skipped[-1].key}"
        if len(skipped) == sum(map(len, self.batches)):
            raise UnusableData(f"no validation clip can be used: {reasons}; data.max_val_clips=0 trains without any")
        if not self.has_warned:
            logger.warning("validation leaves out %s: %s", say_count(len(skipped), "clip"), reasons)
            self.has_warned = True

    def batch(self, clips: Sequence[tuple[int, int]]) -> Batch:
        rows: list[torch.Tensor] = []
        lengths, keys, skipped = [], [], []
        for dataset, number in clips:
            found = self.readers[dataset][number]
            key = found["__key__"]
            try:
                key, files = open_clip(found, parts=["flac"])
                crops = self.cropper(files["flac"], seed=key)
            except UnusableClip as error:
                skipped.append(Skip(key, str(error)))
                continue
            rows += map(torch.from_numpy, crops.audio)
            lengths += crops.lengths
            keys.append(key)
        audio = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True) if rows else torch.zeros(0, 0)
        return Batch(audio, keys, skipped, torch.tensor(lengths))


def in_turns(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """(dataset, clip) of all clips: the first of every dataset, the second of every dataset, …"""
    columns = [[(dataset, clip) for clip in range(size)] for dataset, size in enumerate(sizes)]
    return [place for row in zip_longest(*columns) for place in row if place is not None]


def split_evenly(items: Sequence, parts: int) -> list[Sequence]:
    """`parts` runs of the items, whose lengths differ by one at most."""
    ends = [len(items) * part // parts for part in range(parts + 1)]
    return [items[start:end] for start, end in pairwise(ends)]
