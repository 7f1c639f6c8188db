"""Clips of shards by their number, with errors that name the shard."""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import BinaryIO, NamedTuple, cast

import numpy
from megatron.energon.epathlib import EPath
from megatron.energon.flavors.webdataset.structs import FilteredSample, ShardInfo
from numpy.typing import NDArray

from lfsc.data import storage
from lfsc.data.batch import UnusableClip, UnusableData
from lfsc.data.corpus import Dataset
from lfsc.io import plain_tar
from lfsc.io.file_slice import FileSlice
from lfsc.io.plain_tar import BLOCK

OPEN_SHARDS = 8


class OpenShard(NamedTuple):
    """Each clip of the shard begins at one of the `offsets`; the last is the end. A remote shard has no `file`."""

    file: BinaryIO | None
    offsets: NDArray[numpy.uint64]


class Clip(NamedTuple):
    """The key of a clip, and the files asked for by their extensions."""

    key: str
    files: dict[str, BinaryIO]


class ShardReader:
    """The clips of `shards` in their order, each as the `content` that `open_clip` reads.

    Takes the place of energon's reader, which reads all of a clip and takes ten times as long for it.
    """

    def __init__(self, shards: Sequence[ShardInfo]):
        self.shards = list(shards)
        self.ends = list(accumulate(shard.count for shard in self.shards))
        self.opened = lru_cache(OPEN_SHARDS)(open_shard)

    def __len__(self) -> int:
        return self.ends[-1]

    def __getitem__(self, index: int) -> FilteredSample:
        number = bisect_right(self.ends, index)
        shard = self.shards[number]
        position = index - self.ends[number] + shard.count
        try:
            content = self.open_slice(shard.path, position)
        except (OSError, IndexError, ValueError) as error:
            raise UnusableData(f"shard {shard.path} cannot be read at clip {position}: {error}") from error
        return FilteredSample(
            __key__=f"clip {position} of {shard.path}", __shard__=shard.name, __restore_key__=("Webdataset", index),
            __sources__=(), content=content,
        )  # fmt: skip

    def open_slice(self, shard: EPath, position: int) -> FileSlice | BytesSlice:
        """What a shard holds of a clip."""
        content: FileSlice | BytesSlice
        file, offsets = self.opened(shard)
        start, size = int(offsets[position]), int(offsets[position + 1] - offsets[position])
        if file is None:
            content = BytesSlice(storage.read_range(shard, start, size))
            there = len(content.getbuffer())
        else:
            content = FileSlice(file, start, size)
            there = min(size, os.fstat(file.fileno()).st_size - start)
        if there < size:
            raise ValueError(f"only {max(0, there)} of its {size} bytes are there")
        return content


def read_shards(path: str, dataset: Dataset) -> ShardReader:
    """The clips of a dataset of the corpus `path`, as its index has them."""
    folder = storage.locate(path) / dataset.path
    return ShardReader(
        [ShardInfo(name=shard.name, path=folder / shard.name, count=shard.samples) for shard in dataset.shards]
    )


def open_clip(found: FilteredSample, *, parts: Sequence[str]) -> Clip:
    """The files of a clip whose extensions are `parts`; UnusableClip where they are damaged or absent."""
    try:
        files = members(found["content"])
    except (OSError, IndexError, ValueError) as error:
        raise UnusableClip("damaged in its shard") from error
    key = min(files, default="").partition(".")[0]
    if absent := [part for part in parts if f"{key}.{part}" not in files]:
        others = sorted(name.removeprefix(f"{key}.") for name in files)
        raise UnusableClip(f"without {' and '.join(absent)}, with {', '.join(others) or 'nothing'}")
    return Clip(key, {part: cast(BinaryIO, files[f"{key}.{part}"]) for part in parts})


def open_shard(path: EPath) -> OpenShard:
    offsets = numpy.frombuffer(storage.read(path.with_suffix(".tar.idx")), dtype="<u8")
    return OpenShard(path.local_path().open("rb", buffering=0) if path.is_local() else None, offsets)


class BytesSlice(io.BytesIO):
    """A FileSlice of bytes that were fetched at once, as from object storage."""

    def part(self, start: int, size: int) -> BytesSlice:
        return BytesSlice(self.getbuffer()[start : start + size])


def members(content: FileSlice | BytesSlice) -> dict[str, FileSlice | BytesSlice]:
    """The files in a part of a tar, by their names; only headers are read."""
    found, start, end = {}, 0, content.seek(0, io.SEEK_END)
    while start < end:
        content.seek(start)
        header = content.read(BLOCK)
        digits = header[124:136].rstrip(b"\0 ")
        if header[156:157] not in b"0\0" or header[257:262] != b"ustar" or header[345] or not digits.isdigit():
            return members_of_any_kind(content)
        name, size = header[:100].rstrip(b"\0").decode(), int(digits, 8)
        if start + BLOCK + size > end:
            raise ValueError(f"{name} claims {size} bytes, {end - start - BLOCK} are there")
        found[name] = content.part(start + BLOCK, size)
        start += BLOCK + -(-size // BLOCK) * BLOCK
    return found


def members_of_any_kind(content: FileSlice | BytesSlice) -> dict[str, FileSlice | BytesSlice]:
    """As `members`, more slowly, also with long names and whatever else a tar may hold."""
    found = plain_tar.read_members(cast(BinaryIO, content), whole=False)
    return {member.name: content.part(member.start, member.size) for member in found if member.kind == plain_tar.FILE}
