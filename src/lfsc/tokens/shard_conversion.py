"""A folder of shards to another, shard by shard: in parallel, resumable, and counted."""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lfsc.io.atomic import remove_left_overs, write_text
from lfsc.io.json_text import read_object, to_json
from lfsc.io.lock import lock_folder, lock_or_refuse
from lfsc.shards import index
from lfsc.shards.tar import Sample, ShardFile, find, read, write
from lfsc.tokens.batching import Coded, Failure
from lfsc.tokens.fingerprint import require_same_codec
from lfsc.tokens.tokenize import Coding

VERSION = 1
# What is added up over the records of shards.
TOTALS = ("samples", "frames", "audio_seconds")
Convert = Callable[[Iterable[Sample], Coding], Iterator[Coded | Failure]]


class Task(NamedTuple):
    shard: ShardFile
    target: Path

    @property
    def record(self) -> Path:
        """Written after the shard: with it the shard is finished."""
        return self.target.with_suffix(".json")


def find_tasks(source: str, out: Path, *, part: tuple[int, int]) -> list[Task]:
    """What is to be made of the shards of `source`: the `part`-th of so many parts, counted from 1.

    ValueError where a shard would be overwritten; those in `out` are results and no sources.
    """
    number, parts = part
    root, results = (Path(os.path.realpath(path)) for path in (source, out))
    found = [Task(shard, out / shard.name) for shard in find(source)]
    if results != root and results.is_relative_to(root):
        found = [task for task in found if not Path(os.path.realpath(task.shard.path)).is_relative_to(results)]
    for task in found:
        if os.path.realpath(task.shard.path) == os.path.realpath(task.target):
            raise ValueError(f"{task.shard.path} would be overwritten by its own result: give another output folder")
    return found[number - 1 :: parts]


def convert_shard(task: Task, coding: Coding, convert: Convert) -> dict:
    """Make one shard and its record: name, split, samples, failed, frames, audio_seconds, bytes, seconds.

    ValueError where another process is making it.
    """
    lock = task.target.with_name(f".{task.target.stem}.lock")
    with lock_or_refuse(lock, f"{task.target}: another process is making it just now"):
        try:
            return convert_locked(task, coding, convert)
        finally:
            lock.unlink(missing_ok=True)


def convert_locked(task: Task, coding: Coding, convert: Convert) -> dict:
    begun = time.monotonic()
    totals = {"samples": 0, "frames": 0, "num_samples": 0}
    seen: list[str] = []
    failed: list[dict] = []

    def count_samples(samples: Iterable[Sample]) -> Iterator[Sample]:
        for sample in samples:
            seen.append(sample.key)
            yield sample

    def keep() -> Iterator[Sample]:
        for result in convert(count_samples(read(task.shard.path)), coding):
            if isinstance(result, Failure):
                failed.append(result._asdict())
                continue
            totals["frames"] += result.frames
            totals["num_samples"] += result.num_samples
            yield result.sample

    totals["samples"] = write(task.target, keep())
    if len(seen) != totals["samples"] + len(failed) or len(seen) != (task.shard.samples or len(seen)):
        task.target.unlink()
        raise ValueError(
            f"{task.shard.path}: its index promises {task.shard.samples or 'nothing'}, {len(seen)} samples were read, "
            f"{totals['samples']} converted and {len(failed)} failed: copy or prepare the shard again"
        )
    audio_seconds = round(totals.pop("num_samples") / coding.codec.sample_rate, 3)
    spent = {"bytes": task.target.stat().st_size, "seconds": round(time.monotonic() - begun, 3)}
    split = {"split": task.shard.split} if task.shard.split else {}
    record = {"name": task.shard.name, **split, **totals, "audio_seconds": audio_seconds, "failed": failed, **spent}
    remove_left_overs(task.record)
    write_text(task.record, to_json(record))
    return record


def read_record(task: Task) -> dict | None:
    """The record of a shard that is there."""
    if not (task.record.is_file() and task.target.is_file()):
        return None
    return read_object(task.record, "failed", *TOTALS)


def begin(source: str, out: Path, facts: dict, *, overwrite: bool) -> None:
    """Note in `out` of which codec it holds tokens; ValueError where it holds another's, or other shards.

    With `overwrite`, what is there of another codec is to be made anew, by whichever part of the work has it.
    """
    if (out / index.NAME).is_file() and not (out / index.CODEC_NAME).is_file():
        raise ValueError(f"{out} has the index of other shards, which would be lost: give another output folder")
    # One after the other: of two codecs at once, the second is to see what the first has noted.
    with lock_folder(out, wait=True):
        if overwrite and not is_noted(out / index.CODEC_NAME, facts):
            (out / index.NAME).unlink(missing_ok=True)
            for task in find_tasks(source, out, part=(1, 1)):
                task.record.unlink(missing_ok=True)
        note_codec(out / index.CODEC_NAME, facts, out, overwrite=overwrite)


def is_noted(path: Path, facts: dict) -> bool:
    """Whether the file says just these facts; one that is not there or damaged says none."""
    try:
        return read_object(path) == facts
    except (OSError, ValueError):
        return False


def note_codec(path: Path, facts: dict, out: Path, *, overwrite: bool) -> None:
    if path.is_file() and not overwrite:
        found = read_object(path)
        if found != facts:
            differing = ", ".join(
                f"{key} {found.get(key)} and not {facts[key]}" for key in facts if found.get(key) != facts[key]
            )
            raise ValueError(f"{out} was made with {differing}: give another folder, or --overwrite")
    write_text(path, json.dumps(facts, indent=1) + "\n")


def require_tokens(source: str, coding: Coding) -> None:
    """ValueError where the folder `source` says that its tokens are another codec's; a single shard cannot say it."""
    path = Path(source) / index.CODEC_NAME
    if path.is_file():
        require_same_codec(read_object(path, "codec")["codec"], coding.codec, name=source)


def facts_of(coding: Coding, precision: str) -> dict:
    codec = coding.codec
    return {
        "codec": coding.fingerprint,
        "sample_rate": codec.sample_rate,
        "hop_length": codec.hop_length,
        "num_codebooks": codec.num_codebooks,
        "codebook_size": codec.codebook_size,
        "precision": precision,
    }


def write_index(source: str, out: Path, facts: dict) -> dict | None:
    """The table of contents, once every shard of `source` is finished; None before that."""
    found = [read_record(task) for task in find_tasks(source, out, part=(1, 1))]
    records = [record for record in found if record is not None]
    if len(records) < len(found):
        return None
    shards = [record | {"failed": len(record["failed"])} for record in records]
    totals = {name: sum(shard[name] for shard in shards) for name in (*TOTALS, "failed")}
    contents = {"version": VERSION, **facts, **totals, "shards": shards}
    write_text(out / index.NAME, to_json(contents, indent=1) + "\n")
    return contents
