"""Files that appear under their name only when they are whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

# In bytes, on nearly all file systems.
LONGEST_NAME = 255


@contextmanager
def replacing(path: PathLike | str) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it takes the name, fsynced, on success and is removed on failure."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(_temporary_name(path))
    try:
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _temporary_name(path: Path) -> str:
    """Hidden, as long as a name may be, and with the suffix last: soundfile and others choose their format by it."""
    stem, end = path.stem, f".{os.getpid()}.part{path.suffix}"
    room = LONGEST_NAME - len(os.fsencode("." + end))
    if len(os.fsencode(stem)) > room:
        # Without the part of a letter that is left where it is cut.
        stem = os.fsencode(stem)[: max(0, room)].decode("utf-8", "ignore")
    return f".{stem}{end}"


def write_text(path: Path | str, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sync(path: Path) -> None:
    """Wait until the file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
