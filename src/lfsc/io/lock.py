"""One process at a time."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from lfsc.io.atomic import make_folder
from lfsc.io.regular import require_regular

NAME = ".lock"
TAKEN = (errno.EACCES, errno.EAGAIN)
# What a file system without locks answers.
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


@contextmanager
def lock_folder(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Inside, only this process writes to a folder, which is made; ValueError where another one does."""
    path = folder / NAME
    refusal = f"another process is writing to {folder}: wait for it, or give another folder"
    with lock_or_refuse(path, refusal, wait=wait):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def lock_or_refuse(path: Path, refusal: str, *, wait: bool = False) -> Iterator[None]:
    """As `lock_file`, in a folder that is made; ValueError with the `refusal` where the file is another process's."""
    make_folder(path.parent)
    # A stack, so that errors of what is done inside pass as they are.
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_file(path, wait=wait))
        except BlockingIOError as error:
            raise ValueError(refusal) from error
        yield


@contextmanager
def lock_file(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Inside, only this process has the file `path`; BlockingIOError where it is another's, unless to `wait` for it.

    The lock ends with the process, however that ends, and processes forked meanwhile do not inherit it. Who has the
    lock may remove the file. On a file system without locks nobody is kept out.
    """
    with ExitStack() as stack:
        file = stack.enter_context(open_locked(path, wait))
        # Whoever had the lock may have removed the file: then others lock the one that has its name now.
        while not is_still(file, path):
            stack.pop_all().close()
            file = stack.enter_context(open_locked(path, wait))
        yield


@contextmanager
def open_locked(path: Path, wait: bool) -> Iterator[BinaryIO]:
    # For reading too, as a pipe opened only to be written to would wait for a reader.
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0) as file:
        require_regular(path, os.fstat(file.fileno()).st_mode)
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            if error.errno in TAKEN:
                raise BlockingIOError(error.errno, "another process has the lock", str(path)) from error
            if error.errno not in NO_LOCKS:
                raise
        yield file


def is_still(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False
