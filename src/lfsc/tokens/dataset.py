"""Token shards, as `lfsc tokenize` writes them, for training language models."""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import IterableDataset, get_worker_info

from lfsc.io.messages import say_count
from lfsc.shards import index
from lfsc.shards.index import Conversion
from lfsc.shards.tar import ShardFile, find, read
from lfsc.tokens.file import LARGEST_CODEBOOK
from lfsc.tokens.tokenize import read_token_clip


class TokenClip(NamedTuple):
    key: str
    tokens: Tensor  # [C,F] int64
    note: dict  # language, speaker, text, num_samples, codec … as far as they are known


class TokenBatch(NamedTuple):
    """Clips of one length; `lengths` [B] is how much of each is no padding."""

    keys: list[str]
    tokens: Tensor  # [B,C,F], or what a layout makes of it
    lengths: Tensor
    notes: list[dict]


class TokenShards(IterableDataset):
    """Each clip of one `split` of a folder of token shards once: on every rank and worker those of its own shards.

    With a `seed` the shards are shuffled, and the clips within a buffer of `buffer`, in another order in each `epoch`,
    an attribute that may be set before the clips are read again. With `repeat` epoch follows epoch without end, so
    that no rank runs out of clips before another. ValueError for tokens of more than one codec, and where a folder has
    more than one split and none is chosen.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        split: str | None = None,
        rank: int = 0,
        world_size: int = 1,
        seed: int | None = None,
        epoch: int = 0,
        buffer: int = 1000,
        repeat: bool = False,
    ):
        if not 0 <= rank < world_size:
            raise ValueError(f"rank {rank} of {world_size}: expected one from 0 to {world_size - 1}")
        # A shard whose clips all failed would be one rank's whole share, and end it before the others.
        self.shards = [shard for shard in choose(find(path), split, path) if holds_clips(shard)]
        self.format = read_format(path)
        if len(self.shards) < world_size:
            shards, ranks = say_count(len(self.shards), "shard"), say_count(world_size, "rank")
            raise ValueError(f"{path} has {shards} with clips for {ranks}: some would have nothing")
        self.rank, self.world_size = rank, world_size
        self.seed, self.buffer, self.repeat = seed, buffer, repeat
        # In memory that is shared: workers that persist see what is set here.
        self.shared_epoch = torch.zeros((), dtype=torch.int64).share_memory_()
        self.epoch = epoch

    @property
    def epoch(self) -> int:
        return int(self.shared_epoch)

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        if epoch and self.seed is None:
            raise ValueError(f"epoch {epoch} changes nothing without a seed: give seed= too")
        self.shared_epoch.fill_(epoch)

    def __iter__(self) -> Iterator[TokenClip]:
        worker = get_worker_info()
        workers, number = (worker.num_workers, worker.id) if worker else (1, 0)
        own = slice(self.rank * workers + number, None, self.world_size * workers)
        for epoch in itertools.count(self.epoch):
            yield from self.read_epoch(epoch, own)
            # A worker that has no shard would look for its first clip for ever.
            if not (self.repeat and self.shards[own]):
                return

    def read_epoch(self, epoch: int, own: slice) -> Iterator[TokenClip]:
        """The clips of the shards that are `own` in the order of an epoch."""
        if self.seed is None:
            return read_clips(self.shards[own], self.format)
        # The same on all ranks and workers, which take their shares of it.
        generator = torch.Generator().manual_seed(mix_seed(self.seed, epoch))
        order = torch.randperm(len(self.shards), generator=generator).tolist()
        return shuffle(read_clips([self.shards[place] for place in order[own]], self.format), self.buffer, generator)


def pad(clips: Sequence[TokenClip], *, value: int, layout: Callable[[Tensor], Tensor] | None = None) -> TokenBatch:
    """Clips as one batch, with `value` after the shorter ones, for a DataLoader's `collate_fn`.

    `layout` makes of each clip's tokens [C,F] what is to be batched, such as ids [F·C] or [C,F+C−1].
    """
    rows = [clip.tokens if layout is None else layout(clip.tokens) for clip in clips]
    longest = max(row.shape[-1] for row in rows)
    tokens = torch.stack([F.pad(row, (0, longest - row.shape[-1]), value=value) for row in rows])
    lengths = torch.tensor([row.shape[-1] for row in rows])
    return TokenBatch([clip.key for clip in clips], tokens, lengths, [clip.note for clip in clips])


def choose(shards: list[ShardFile], split: str | None, path: Path | str) -> list[ShardFile]:
    """The shards of a split."""
    splits = sorted({shard.split for shard in shards if shard.split})
    if split is None:
        if len(splits) > 1:
            raise ValueError(f"{path} holds the splits {', '.join(splits)}: choose one with split=")
        return shards
    if split not in splits:
        known = f"only {', '.join(splits)}" if splits else "its index.json names none, or is not there yet"
        raise ValueError(f"{path} has no split {split!r}: {known}")
    return [shard for shard in shards if shard.split == split]


def holds_clips(shard: ShardFile) -> bool:
    """Whether there is a clip in it, by the shard itself where no index says that there are some."""
    return bool(shard.samples) or any(True for _ in read(shard.path))


class TokenFormat(NamedTuple):
    """What is the same for all tokens of a codec."""

    codec: str | None  # its fingerprint; None where the clips name none
    num_codebooks: int
    codebook_size: int

    def check(self, clip: TokenClip) -> None:
        if (codec := clip.note.get("codec")) != self.codec:
            raise ValueError(f"of codec {codec}, others are of {self.codec}")
        if len(clip.tokens) != self.num_codebooks:
            raise ValueError(f"{len(clip.tokens)} codebooks, others have {self.num_codebooks}")
        if int(clip.tokens.max()) >= self.codebook_size:
            raise ValueError(f"code {int(clip.tokens.max())} in a codebook of {self.codebook_size}")


def read_format(path: Path | str) -> TokenFormat | None:
    """What a folder's index says of its tokens; None where it has no index of tokens."""
    found = index.read(path) if (Path(path) / index.NAME).is_file() else None
    return TokenFormat(found.codec, found.num_codebooks, found.codebook_size) if isinstance(found, Conversion) else None


def read_clips(shards: Iterable[ShardFile], format: TokenFormat | None) -> Iterator[TokenClip]:
    """The clips of token shards in their order; ValueError where one is not of the `format`, else of the first's.

    Also where a shard has not as many as its index promises.
    """
    for shard in shards:
        count = 0
        for sample in read(shard.path):
            count += 1
            try:
                found = read_token_clip(sample)
                clip = TokenClip(found.key, found.content, found.note)
                format = format or TokenFormat(clip.note.get("codec"), len(clip.tokens), LARGEST_CODEBOOK)
                format.check(clip)
            except ValueError as error:
                raise ValueError(f"{shard.path}: {sample.key}: {error}") from error
            yield clip
        if shard.samples not in (None, count):
            promised = say_count(shard.samples, "clip")
            raise ValueError(f"{shard.path}: its index promises {promised}, it has {count}: copy or make it again")


def shuffle(items: Iterable[TokenClip], size: int, generator: torch.Generator) -> Iterator[TokenClip]:
    """The items in random order within a buffer of `size`."""
    buffer: list[TokenClip] = []
    for item in items:
        buffer.append(item)
        if len(buffer) >= size:
            yield buffer.pop(int(torch.randint(len(buffer), (1,), generator=generator)))
    yield from (buffer[place] for place in torch.randperm(len(buffer), generator=generator).tolist())


def mix_seed(seed: int, epoch: int) -> int:
    """A seed of both, in which seed 0 in epoch 1 is not seed 1 in epoch 0."""
    return int.from_bytes(hashlib.sha256(f"{seed} {epoch}".encode()).digest()[:8])
