"""WebDataset shards as plain tars: found, read, and written whole."""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from lfsc.io import plain_tar
from lfsc.io.archive_kinds import SUFFIXES, compression_of
from lfsc.io.atomic import remove_left_overs, replacing
from lfsc.io.messages import say_count
from lfsc.io.plain_tar import Member
from lfsc.io.regular import open_regular
from lfsc.io.walk import walk_files
from lfsc.shards import index


class ShardFile(NamedTuple):
    path: Path
    name: str  # relative to the folder that was named, with slashes
    samples: int | None = None  # that an index promises
    split: str = ""  # where an index says it


class Sample(NamedTuple):
    """Files of one key in a shard, by extension."""

    key: str
    parts: dict[str, bytes]

    def note(self) -> dict:
        """What its json says; ValueError where that is no object."""
        try:
            note = json.loads(self.parts.get("json", b"{}"))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"its json does not parse ({error})") from error
        if not isinstance(note, dict):
            raise ValueError(f"its json is a {type(note).__name__}, expected an object")
        return note


def find(source: Path | str) -> list[ShardFile]:
    """The shards of a corpus (a folder with index.json), of any other folder, or the one shard that `source` is."""
    source = Path(source)
    if source.is_file():
        if kind := compression_of(source):
            raise ValueError(
                f"{source} is compressed with {kind}: unpack it to a plain tar, which can be read in place"
            )
        return [ShardFile(source, source.name)]
    if not source.is_dir():
        raise ValueError(f"{source}: no such shard or folder of shards")
    promised = index.read(source).shards() if (source / index.NAME).is_file() else {}
    files, errors = walk_files(source)
    if errors and not promised:
        raise errors[0]
    found = [
        path.relative_to(source).as_posix()
        for path in files
        if path.name.endswith(".tar") and not path.name.startswith(".")
    ]
    if missing := sorted(set(promised) - set(found)):
        raise ValueError(
            f"{source}: {say_count(len(missing), 'shard')} missing that its index names, such as {missing[0]}"
        )
    if not found:
        packed = sorted(path.name for path in files if path.name.endswith(SUFFIXES))
        raise ValueError(f"{source}: no shards (*.tar) in it{f', unpack {packed[0]} first' if packed else ''}")
    known = {name: (shard.samples, shard.split) for name, shard in promised.items()}
    return [ShardFile(source / name, name, *known.get(name, ())) for name in sorted(found)]


def read(path: Path | str) -> Iterator[Sample]:
    """The samples of a shard in their order; ValueError where the tar is damaged."""
    key = None
    try:
        # Compressed, a few bytes could unfold to more than the memory.
        with open_regular(path) as file:
            for key, found in group(files_of(file)):
                yield Sample(key, {extension: read_content(file, member) for extension, member in found.items()})
    except RepeatedKey as error:
        raise ValueError(f"{path}: {error}") from error
    except (ValueError, OSError) as error:
        raise ValueError(f"{path} is no whole tar: {error} after {key or 'nothing'}") from error


class RepeatedKey(ValueError):
    """A shard has two files for one place in a sample, or one sample in two places."""


def group(members: Iterable[Member]) -> Iterator[tuple[str, dict[str, Member]]]:
    """The key of each sample with its members by extension; RepeatedKey where one would take the place of another.

    As in WebDataset, the extension is all after the first dot of the file's name, in lower case; the members of a
    sample stand side by side.
    """
    key: str | None = None
    parts: dict[str, Member] = {}
    seen = set()
    for member in members:
        found, extension = split_name(member.name)
        if found != key:
            if key is not None:
                yield key, parts
            if found in seen:
                raise RepeatedKey(f"the key {found} comes back after others: pack the shard again, sorted by name")
            seen.add(found)
            key, parts = found, {}
        if extension in parts:
            raise RepeatedKey(f"two members are {found}.{extension}: each sample needs a key of its own")
        parts[extension] = member
    if key is not None:
        yield key, parts


def split_name(name: str) -> tuple[str, str]:
    """Key and extension of a member of a shard."""
    folder, _, base = name.removeprefix("./").rpartition("/")
    stem, _, extension = base.partition(".")
    return f"{folder}/{stem}" if folder else stem, extension.lower()


def read_content(file: BinaryIO, member: Member) -> bytes:
    file.seek(member.start)
    return file.read(member.size)


def files_of(file: BinaryIO) -> Iterator[Member]:
    """The plain files of a shard; ValueError for what could hold a part of a sample and is none.

    Files whose names begin with a dot have no key, as in WebDataset: macOS leaves a `._` file beside each.
    """
    for member in plain_tar.read_members(file):
        if member.name.rpartition("/")[2].startswith("."):
            continue
        if member.kind == plain_tar.FILE:
            yield member
        elif member.kind != plain_tar.FOLDER:
            raise ValueError(f"{member.name[:100]} is a {member.kind}, expected plain files: pack the shard again")


def write(path: Path | str, samples: Iterable[Sample]) -> int:
    """Put samples into a shard, which appears when all are in it and were read back; how many.

    The same samples give the same bytes.
    """
    path, count = Path(path), 0
    remove_left_overs(path)
    with replacing(path) as temporary:
        with tarfile.open(temporary, "w") as tar:
            for sample in samples:
                count += 1
                for extension, content in sample.parts.items():
                    member = tarfile.TarInfo(f"{sample.key}.{extension}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
        if (found := sum(1 for _ in read(temporary))) != count:
            raise ValueError(f"{path}: {count} samples were written and {found} read back")
    return count
