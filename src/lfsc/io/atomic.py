"""Files that appear under their name only when they are whole."""

import errno
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path

from lfsc.io.messages import first_line
from lfsc.io.regular import is_stream

# What only writing says, without the name of a file.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# In bytes, on nearly all file systems.
LONGEST_NAME = 255


@contextmanager
def replacing(path: PathLike | str) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it takes the name, fsynced, on success and is removed on failure.

    ValueError for a pipe or a device, and OSError, with the name, where the disk is full.
    """
    path = Path(path)
    if is_stream(path):
        raise ValueError(f"{path} is no place for a file: expected a name in a folder")
    make_folder(path.parent)
    temporary = path.with_name(name_temporary(path))
    try:
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    except OSError as error:
        if error.errno in FULL and error.filename is None:
            raise OSError(error.errno, f"could not be written, {os.strerror(error.errno)}", str(path)) from error
        if error.filename is not None and Path(error.filename) == temporary:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        # Where nothing may be written, nothing may be removed, and the error above says more.
        with suppress(OSError):
            temporary.unlink()


def make_folder(path: Path) -> None:
    """The folder, and those that it lies in; OSError where a file, or a link to nothing, has the name of one."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OSError(error.errno, "there is something of this name that is no folder", error.filename) from error


@contextmanager
def naming(path: Path | str, *errors: type[Exception]) -> Iterator[None]:
    """OSError with the file and the room there, in place of `errors` by which a library says it cannot write."""
    try:
        yield
    except errors as error:
        free = shutil.disk_usage(Path(path).parent).free / 1e6
        raise OSError(f"{path} could not be written, with {free:.1f} MB free there ({first_line(error)})") from error


def name_temporary(path: Path) -> str:
    """Hidden, as long as a name may be, and with the suffix last: soundfile and others choose their format by it."""
    stem, end = path.stem, f".{os.getpid()}.part{path.suffix}"
    room = LONGEST_NAME - len(os.fsencode("." + end))
    if len(os.fsencode(stem)) > room:
        # Without the part of a letter that is left where it is cut.
        stem = os.fsencode(stem)[: max(0, room)].decode("utf-8", "ignore")
    return f".{stem}{end}"


def remove_left_overs(path: Path) -> None:
    """Remove what processes that were killed left of `path`; for a caller who knows that none is writing it now."""
    for left_over in path.parent.glob(f".{glob.escape(path.stem)}.*.part{path.suffix}"):
        left_over.unlink(missing_ok=True)


def write_bytes(path: PathLike | str, content: bytes | memoryview) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: PathLike | str, text: str) -> None:
    write_bytes(path, text.encode())


def sync(path: Path) -> None:
    """Wait until the file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
