"""What a command makes of one file, or of every file of a tree: which file becomes which."""

import os
import sys
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from lfsc.audio.suffixes import SUFFIXES, describe_not_read, is_hidden
from lfsc.io.messages import printable
from lfsc.io.regular import is_open_file, require_regular
from lfsc.io.walk import walk_files

STANDARD = "-"
STDIN, STDOUT = (STANDARD, "/dev/stdin"), (STANDARD, "/dev/stdout")


class Job(NamedTuple):
    source: str | Path  # a path, or the text "-" for stdin
    target: str | Path  # a path, or the text "-" for stdout
    is_named: bool = False  # whether the target was given outright, and not a folder for it
    fault: str = ""  # why it cannot be done

    def read(self) -> Path | bytes:
        """The source as a path, or what stdin or another open file brings."""
        if isinstance(self.source, str):
            return sys.stdin.buffer.read()
        return self.source.read_bytes() if is_open_file(self.source) else self.source

    @property
    def name(self) -> str:
        return "stdin" if self.source == STANDARD else str(self.source)

    def format(self, otherwise: str) -> str:
        """The audio format that the target's name asks for, if it has one."""
        return Path(self.target).suffix[1:] or otherwise

    @property
    def size(self) -> int:
        """The source's size in bytes; 0 for stdin, and for a file that has vanished."""
        try:
            return 0 if isinstance(self.source, str) else self.source.stat().st_size
        except OSError:
            return 0


def find_recordings(source: str, target: str, *, made: str) -> list[Job]:
    """Jobs of recordings; what audio in a folder is not read is printed."""
    path = Path(source)
    if (
        source
        and path.is_dir()
        and (not_read := describe_not_read(str(file.relative_to(path)) for file in path.rglob("*")))
    ):
        print(printable(f"{source}: {not_read}"), file=sys.stderr)
    return find_jobs(source, target, suffixes=SUFFIXES, made=made)


def find_jobs(source: str, target: str, *, suffixes: Collection[str], made: str) -> list[Job]:
    """What `source` (a file, a folder, or -) becomes in `target`: in a folder, each file's name with suffix `made`.

    Of a folder the files with one of `suffixes` are taken, in the order of their names; also links to nothing, pipes
    and devices, and folders that may not be looked into, which fail one by one: what is passed over in silence is
    missed too late.
    """
    if not (source and target):
        raise ValueError(f"{'IN' if not source else 'OUT'} is empty: give a file, a folder, or {STANDARD}")
    target = STANDARD if target in STDOUT else target
    if source in STDIN:
        return [Job(STANDARD, STANDARD if target == STANDARD else Path(target))]
    path = Path(source)
    if not path.exists():
        raise ValueError(f"{source}: no such file or folder")
    if path.is_dir():
        return find_jobs_in_folder(path, target, suffixes, made)
    if not is_open_file(path):
        require_regular(path, path.stat().st_mode)
    if target == STANDARD:
        return [Job(path, STANDARD)]
    into_folder = target.endswith("/") or Path(target).is_dir()
    found = [
        Job(path, Path(target, path.name).with_suffix(made)) if into_folder else Job(path, Path(target), is_named=True)
    ]
    require_separate(found)
    return found


def find_jobs_in_folder(folder: Path, target: str, suffixes: Collection[str], made: str) -> list[Job]:
    if target == STANDARD or Path(target).is_file():
        raise ValueError(f"{folder} is a folder, so the output must be one too, not {target!r}")
    out = Path(target)
    is_same = os.path.realpath(out) == os.path.realpath(folder)

    def is_source(path: Path) -> bool:
        return not is_hidden(str(path.relative_to(folder))) and (is_same or not path.is_relative_to(out))

    files, errors = walk_files(folder)
    found = sorted(path for path in files if path.suffix.lower() in suffixes and is_source(path))
    closed = {path: str(error.strerror) for error in errors if is_source(path := Path(error.filename))}
    if not found and not closed:
        raise ValueError(f"{folder}: no files with suffix {', '.join(suffixes)} in it")
    times = Counter(path.with_suffix("") for path in found)
    unique = {path for path in found if times[path.with_suffix("")] == 1}
    jobs = [Job(path, out / name_target(path.relative_to(folder), made, path in unique)) for path in found]
    jobs += [Job(path, out / f"{path.relative_to(folder)}{made}", fault=why) for path, why in closed.items()]
    require_separate(jobs)
    return jobs


def name_target(path: Path, made: str, is_unique: bool) -> Path:
    """With the suffix `made` in place of its own, or after it where only that tells it from others."""
    return path.with_suffix(made) if is_unique else path.with_name(path.name + made)


def require_separate(jobs: list[Job]) -> None:
    """ValueError where two jobs write the same file, or one its own source."""
    for job in jobs:
        if (
            isinstance(job.source, Path)
            and isinstance(job.target, Path)
            and os.path.realpath(job.source) == os.path.realpath(job.target)
        ):
            raise ValueError(f"{job.source} would be overwritten by its own result: give another output folder")
    target, count = Counter(job.target for job in jobs).most_common(1)[0]
    if count > 1:
        sources = " and ".join(str(job.source) for job in jobs if job.target == target)
        raise ValueError(f"{sources} would all become {target}: rename them")
