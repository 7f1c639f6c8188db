"""Token shards, as `lfsc tokenize` writes them, for training language models."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from lfsc.shards import find, read
from lfsc.tokenizing import token_clip


class TokenClip(NamedTuple):
    key: str
    tokens: Tensor  # [C,F] int64
    note: dict  # language, speaker, text, num_samples, codec … as far as they are known


class TokenShards(IterableDataset):
    """The clips of a folder of token shards once each, those of a rank and worker of its own; no order but the shards'.

    `seed` shuffles the shards and, within `shuffle` clips, their clips: another seed an epoch. Ranks and workers share
    whole shards, so there should be more of these than of them.
    """

    def __init__(self, path: Path | str, *, rank: int = 0, world_size: int = 1, seed: int | None = None, shuffle: int = 1000):
        self.shards = find(path)
        if len(self.shards) < world_size:
            raise ValueError(f"{path} has {len(self.shards)} shards for {world_size} ranks: some would have nothing")
        self.rank, self.world_size = rank, world_size
        self.seed, self.shuffle = seed, shuffle

    def __iter__(self) -> Iterator[TokenClip]:
        worker = get_worker_info()
        workers, number = (worker.num_workers, worker.id) if worker else (1, 0)
        shards = self.shards
        if self.seed is None:
            yield from self.clips(shards[self.rank * workers + number :: self.world_size * workers])
            return
        generator = torch.Generator().manual_seed(self.seed)
        shards = [shards[place] for place in torch.randperm(len(shards), generator=generator).tolist()]
        own = self.clips(shards[self.rank * workers + number :: self.world_size * workers])
        yield from shuffled(own, self.shuffle, generator)
