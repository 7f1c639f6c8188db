"""Token shards, as `lfsc tokenize` writes them, for training language models."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from lfsc.shards.tar import Shard, find, read
from lfsc.tokens.tokenize import token_clip


class TokenClip(NamedTuple):
    key: str
    tokens: Tensor  # [C,F] int64
    note: dict  # language, speaker, text, num_samples, codec … as far as they are known


class TokenShards(IterableDataset):
    """Each clip of a folder of token shards once: on every rank and worker those of its own shards.

    With a `seed`, another one an epoch, the shards are shuffled, and the clips within a buffer of `buffer`.
    """

    def __init__(
        self, path: Path | str, *, rank: int = 0, world_size: int = 1, seed: int | None = None, buffer: int = 1000
    ):
        self.shards = find(path)
        if len(self.shards) < world_size:
            raise ValueError(f"{path} has {len(self.shards)} shards for {world_size} ranks: some would have nothing")
        self.rank, self.world_size = rank, world_size
        self.seed, self.buffer = seed, buffer

    def __iter__(self) -> Iterator[TokenClip]:
        worker = get_worker_info()
        workers, number = (worker.num_workers, worker.id) if worker else (1, 0)
        own = slice(self.rank * workers + number, None, self.world_size * workers)
        if self.seed is None:
            return clips(self.shards[own])
        # The same on all ranks and workers, which take their shares of it.
        generator = torch.Generator().manual_seed(self.seed)
        order = torch.randperm(len(self.shards), generator=generator).tolist()
        return shuffle(clips([self.shards[place] for place in order[own]]), self.buffer, generator)


def clips(shards: Iterable[Shard]) -> Iterator[TokenClip]:
    """The clips of token shards in their order; ValueError where two codecs made them."""
    codec = None
    for shard in shards:
        for sample in read(shard.path):
            try:
                key, note, tokens = token_clip(sample)
            except ValueError as error:
                raise ValueError(f"{shard.path}: {sample.key}: {error}") from error
            codec = codec or note.get("codec")
            if note.get("codec") != codec:
                raise ValueError(f"{shard.path}: {key} is of codec {note.get('codec')}, others are of {codec}")
            yield TokenClip(key, tokens, note)


def shuffle(items: Iterable[TokenClip], size: int, generator: torch.Generator) -> Iterator[TokenClip]:
    """The items in random order within a buffer of `size`."""
    buffer: list[TokenClip] = []
    for item in items:
        buffer.append(item)
        if len(buffer) >= size:
            yield buffer.pop(int(torch.randint(len(buffer), (1,), generator=generator)))
    yield from (buffer[place] for place in torch.randperm(len(buffer), generator=generator).tolist())
