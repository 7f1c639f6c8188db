"""One process at a time."""

import errno
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TAKEN = (errno.EACCES, errno.EAGAIN)
# What a file system without locks answers.
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


@contextmanager
def lock_file(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Inside, the file `path` is this process's alone; BlockingIOError where it is another's, unless to `wait` for it.

    The lock ends with the process, however that ends, and processes forked meanwhile do not inherit it. On a file
    system without locks nobody is kept out.
    """
    with path.open("a") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            if error.errno in TAKEN:
                raise BlockingIOError(error.errno, "another process has the lock", str(path)) from error
            if error.errno not in NO_LOCKS:
                raise
        yield
