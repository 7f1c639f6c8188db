"""A corpus as it was downloaded: a folder, a tar that is read in place, or a zip."""

import bz2
import gzip
import io
import lzma
import os
import re
import shutil
import zlib
from collections.abc import Callable, Collection, Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, Protocol

from lfsc.audio.lines import lines_in
from lfsc.audio.suffixes import is_hidden, is_recording
from lfsc.io.archive_kinds import compression_of
from lfsc.io.atomic import replacing
from lfsc.io.messages import describe
from lfsc.io.regular import open_regular

from .keys import key_of
from .tar_index import find_files
from .utterance import UNKNOWN_LANGUAGE, File, Rejection
from .zips import copy_as_tar

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
# Of archives that a message names, and that are not read.
NOT_READ = (".tar.zst", ".tzst", ".tar.lz4", ".7z", ".rar")
# As split names what it makes of an archive, and programs that make zips; two letters may be a compression's as well.
PIECE = re.compile(
    r".*(\.(tar|zip|tar\.\w+|tgz)[._-](part)?[-_]?((?!gz|xz|lz|br|sz)[a-z]{2}|\d{2,3})|\.z\d\d|_part[-_]?[a-z]{2})",
    re.IGNORECASE,
)
OPENING: dict[str, Callable[[Path], io.BufferedIOBase]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}


class Tree(Protocol):
    """Files by their names, relative and with slashes; `name` is that of the folder or archive.

    Files that are there and cannot be read are `left_out`, with the reason. What `identify` gives is equal for a file
    and links to it.
    """

    name: str
    left_out: list[tuple[str, str]]

    def names(self, prune: tuple[str, ...] = ()) -> Iterator[str]: ...

    def lines(self, name: str) -> Iterator[str]: ...

    def file(self, name: str) -> File: ...

    def identify(self, name: str) -> object: ...

    def __contains__(self, name: str) -> bool: ...


class Folder:
    """A folder without those below it that are `passed_over`."""

    def __init__(self, path: Path, passed_over: Collection[Path] = ()) -> None:
        self.path, self.name, self.passed_over = path, path.name, passed_over
        self.left_out: list[tuple[str, str]] = []

    def names(self, prune: tuple[str, ...] = ()) -> Iterator[str]:
        """The names in sorted order, without what is hidden, and folders called one of `prune`.

        Linked folders count, but none twice. A folder below that may not be looked into is left out.
        """
        visited = set()
        self.left_out = []

        def leave_out(error: OSError) -> None:
            if Path(error.filename) == self.path:
                raise error
            name = Path(error.filename).relative_to(self.path).as_posix()
            self.left_out.append((name, f"the folder {name}: {error.strerror}"))

        for folder, folders, names in os.walk(self.path, followlinks=True, onerror=leave_out):
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in visited:
                folders.clear()
                continue
            visited.add((status.st_dev, status.st_ino))
            folders[:] = sorted(
                name
                for name in set(folders) - set(prune)
                if not is_hidden(name) and Path(folder, name) not in self.passed_over
            )
            for name in sorted(names):
                if not is_hidden(name):
                    yield (Path(folder) / name).relative_to(self.path).as_posix()

    def lines(self, name: str) -> Iterator[str]:
        with open_regular(self.path / name) as file:
            yield from read_plain_lines(file, self.path / name)

    def file(self, name: str) -> File:
        return File(str(self.path / name))

    def identify(self, name: str) -> object:
        return os.path.realpath(self.path / name)

    def __contains__(self, name: str) -> bool:
        # Unlike Path.is_file, this is False also in a folder that may not be looked into.
        return os.path.isfile(self.path / name)


class Archive:
    """A tar; a compressed one, or a zip, is copied into `scratch` first, once: it cannot be read from the middle."""

    def __init__(self, path: Path, scratch: Path) -> None:
        self.name = find_stem(path)
        self.path = decompress(path, scratch)
        self.left_out: list[tuple[str, str]] = []
        self.places = find_files(self.path, source=path, left_out=self.left_out)

    def names(self, prune: tuple[str, ...] = ()) -> Iterator[str]:
        return (name for name in sorted(self.places) if not set(prune) & set(PurePosixPath(name).parts[:-1]))

    def lines(self, name: str) -> Iterator[str]:
        content = self.file(name).open()
        assert isinstance(content, bytes)  # from inside the tar
        yield from read_plain_lines(io.BytesIO(content), f"{self.path}: {name}")

    def file(self, name: str) -> File:
        # A name that is not there becomes a path that is not there, and is rejected like one.
        return File(str(self.path), *self.places[name]) if name in self.places else File(f"{self.path}: {name}")

    def identify(self, name: str) -> object:
        return self.places[name]

    def __contains__(self, name: str) -> bool:
        return name in self.places


class Found(NamedTuple):
    """Files in one `folder` of `tree`; `parts` are the names down to the folder, the tree's own first."""

    tree: Tree
    folder: PurePosixPath
    names: list[str]

    @property
    def parts(self) -> tuple[str, ...]:
        return self.tree.name, *self.folder.parts


def find(
    sources: list[Path],
    scratch: Path,
    wanted: Callable[[PurePosixPath], bool],
    *,
    what: str,
    prune: tuple[str, ...] = (),
) -> Iterator[Found | Rejection]:
    """The `wanted` files of all `sources` by folders; a source that is a folder with none may hold archives that do.

    Of those, a damaged one is rejected, and so is what a tree leaves out.
    """
    for source in sources:
        trees = [open_tree(source, scratch)]
        found: list[Found | Rejection] = [*group_files(trees[0], wanted, prune)]
        if not found and source.is_dir():
            files = (path for path in source.iterdir() if path.is_file())
            for path in sorted(path for path in files if path.name.lower().endswith(SUFFIXES)):
                try:
                    trees.append(Archive(path, scratch))
                    found += group_files(trees[-1], wanted, prune)
                except (ValueError, OSError) as error:
                    found.append(Rejection.malformed(path.name, UNKNOWN_LANGUAGE, describe(error)))
        if not found:
            raise ValueError(
                f"{source} holds no {what}, neither in folders nor in .tar, .tar.gz, .tar.bz2, .tar.xz or .zip files"
                f"{explain_left_out(trees[0])}"
            )
        yield from found
        for tree in trees:
            yield from reject_left_out(tree)


def open_tree(source: Path, scratch: Path) -> Tree:
    if not source.exists():
        raise ValueError(f"{source} is not there")
    if source.is_dir():
        # What this very command writes may lie in it: the corpus that has the scratch, and the folder of that.
        return Folder(source, scratch.parents[1:3])
    if is_recording(source.name):
        raise ValueError(f"{source} is a recording: give the folder that it is in")
    return Archive(source, scratch)


def group_files(tree: Tree, wanted: Callable[[PurePosixPath], bool], prune: tuple[str, ...]) -> list[Found]:
    groups: dict[PurePosixPath, list[str]] = {}
    for name in tree.names(prune):
        path = PurePosixPath(name)
        if wanted(path):
            groups.setdefault(path.parent, []).append(name)
    return [Found(tree, folder, names) for folder, names in groups.items()]


def reject_left_out(tree: Tree, language: str = UNKNOWN_LANGUAGE) -> Iterator[Rejection]:
    reason = "tar member" if isinstance(tree, Archive) else "unreadable"
    for name, why in tree.left_out:
        yield Rejection(key_of(name), language, reason, why)


def explain_left_out(tree: Tree) -> str:
    """What of a tree could not be read, to follow a sentence; "" for nothing."""
    return f"; left out: {tree.left_out[0][1]}" if tree.left_out else ""


def is_archive(name: str) -> bool:
    """Whether it is one that is read, or that a message names."""
    return name.lower().endswith((*SUFFIXES, *NOT_READ)) or PIECE.fullmatch(name) is not None


def find_stem(archive: Path) -> str:
    lower = archive.name.lower()
    return next((archive.name[: -len(suffix)] for suffix in SUFFIXES if lower.endswith(suffix)), archive.name)


def decompress(path: Path, scratch: Path) -> Path:
    """The tar itself, or what is in the compressed one."""
    if PIECE.fullmatch(path.name):
        raise ValueError(
            f"{path} is a piece of an archive: join all (by cat; of .z01, by zip -s 0) and give the whole one"
        )
    kind = compression_of(path)
    if kind is None:
        return path
    if kind not in (*OPENING, "zip"):
        raise ValueError(f"{path} is compressed with {kind}, which is not read: unpack it and give the folder")
    # Another archive of this name, or a new one in its place, is not the one that an earlier run unpacked.
    status = path.stat()
    identity = f"{path.absolute()} {status.st_size} {status.st_mtime_ns}"
    unpacked = scratch / f"{find_stem(path)}-{sha256(os.fsencode(identity)).hexdigest()[:8]}.tar"
    if not unpacked.exists():
        try:
            with replacing(unpacked) as temporary, temporary.open("wb") as file:
                if kind == "zip":
                    copy_as_tar(path, file)
                else:
                    with OPENING[kind](path) as compressed:
                        shutil.copyfileobj(compressed, file, 2**24)
        except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
            # The errors of gzip and bz2 have no number, those of the system do.
            if isinstance(error, OSError) and error.errno:
                raise
            raise ValueError(f"{path}: {error}; download it again") from error
    return unpacked


def read_plain_lines(file: BinaryIO, name: object) -> Iterator[str]:
    """The lines of a text in UTF-8, or in UTF-16 with its mark, compressed by gzip or not; line feeds end them."""
    try:
        yield from lines_in(file, name)
    except UnicodeError as error:
        raise ValueError(f"{name} is no UTF-8 text: {getattr(error, 'reason', error)}") from error
