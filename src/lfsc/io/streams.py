"""Standard streams that end no work: whoever reads them may be gone, and they may never have been open."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# What writing says when the reader of a pipe is gone, and the terminal.
GONE = (errno.EPIPE, errno.EIO)
NAMES = ("input", "output", "error")


class Lasting(io.FileIO):
    """A file descriptor to write to; after an error, what is written goes nowhere.

    That nobody reads it any more is no error to the writer. Another one, such as a full disk, is raised once: not again
    where Python writes what is left when it ends.
    """

    def write(self, data) -> int | None:  # type: ignore[override]  # None where it would block, as FileIO's own
        try:
            return super().write(data)
        except OSError as error:
            # For processes that are started later, and for libraries of C.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            if error.errno not in GONE:
                raise OSError(error.errno, error.strerror, f"standard {NAMES[self.fileno()]}") from error
            return memoryview(data).nbytes


@contextmanager
def flush_stdout() -> Iterator[None]:
    """Where a command ends, also by SystemExit as after --help: there, a full disk is still an error of its own."""
    try:
        yield
    except SystemExit:
        sys.stdout.flush()
        raise
    sys.stdout.flush()


def make_streams_last() -> None:
    """Let `lfsc … | head` do all its work, and open standard streams that are closed: files would take their place.

    Letters that the encoding of a terminal does not have, such as the arrows of tables, are written by their codes.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which takes the lowest number that is free
            os.set_inheritable(descriptor, True)  # else the files of processes begun later would take their place
            setattr(sys, name, os.fdopen(descriptor, "r" if descriptor == 0 else "w", closefd=False))
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        binary = io.BufferedWriter(Lasting(stream.fileno(), "w", closefd=False))
        errors = "backslashreplace" if stream.errors == "strict" else stream.errors
        options = {"encoding": stream.encoding, "errors": errors, "line_buffering": stream.line_buffering}
        stream.flush()
        setattr(sys, name, io.TextIOWrapper(binary, **options))
