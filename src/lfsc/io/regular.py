"""Files that are files: a pipe in place of one may never end, or never begin."""

import os
import stat
from os import PathLike
from pathlib import Path
from typing import BinaryIO

KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def open_regular(path: PathLike | str) -> BinaryIO:
    """The file, open to be read; ValueError for a pipe, a device or a folder, of which nothing is read."""
    require_regular(path, os.stat(path).st_mode)
    # Whatever took its place meanwhile: without waiting for somebody who writes into a pipe.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        require_regular(path, os.fstat(descriptor).st_mode)
        return os.fdopen(descriptor, "rb")
    except ValueError:
        os.close(descriptor)
        raise


def is_open_file(path: Path | str) -> bool:
    """Whether a path is what the process was started with, such as /dev/stdin or a shell's <(…)."""
    return str(path).startswith(("/dev/fd/", "/dev/std", "/proc/self/fd/"))


def is_stream(path: Path | str) -> bool:
    """Whether a path is a pipe, a device, or an open file such as /dev/stdout: no other file can take its name."""
    parts = Path(path).absolute().parts
    if parts[1:2] == ("proc",) or (parts[1:2] == ("dev",) and parts[2:3] != ("shm",)):
        return True
    return os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path))


def require_regular(path: PathLike | str, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise ValueError(f"{path} is {KINDS.get(stat.S_IFMT(mode), 'something else')}, expected a file")
