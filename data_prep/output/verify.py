"""Shards read back, sample by sample, and compared with the index."""

import json
import tarfile
from pathlib import Path
from typing import NamedTuple

from lfsc.audio import files
from lfsc.audio.recording import UnreadableAudio
from lfsc.io.messages import say_count
from lfsc.io.sha256 import sha256_of
from lfsc.parallel import Workers, map_tasks
from lfsc.shards.checks import require_duration
from lfsc.shards.index import Dataset, Shard

from ..report import Report
from ..split import SPLITS
from .energon import METADATA, find_foreign, render_blend
from .index import read_corpus


class VerifyTask(NamedTuple):
    path: Path
    shard: Shard
    sample_rate: int


def verify(out: Path, workers: Workers, report: Report) -> int:
    """The exit status: 1 where shards differ from OUT/index.json, and every difference is printed."""
    index = read_corpus(out)
    tasks = [VerifyTask(out / place, shard, index.sample_rate) for place, shard in index.shards().items()]
    problems = []
    seconds = [task.shard.seconds for task in tasks]
    for found in report.track_reading(seconds, map_tasks(workers, find_differences, tasks)):
        problems += found
    problems += find_miscounted(out, index.datasets)
    problems += find_all_foreign(out, index.datasets)
    for problem in problems:
        report.say(problem)
    hours = sum(seconds) / 3600
    report.say(
        f"{say_count(len(tasks), 'shard')}, {hours:.2f} h: "
        + (say_count(len(problems), "difference") if problems else "all as indexed")
    )
    return min(len(problems), 1)


def find_miscounted(out: Path, datasets: list[Dataset]) -> list[str]:
    """A sentence for every shard of which energon's own metadata says something else than the index."""
    problems = []
    for dataset in datasets:
        path = out / dataset.path / METADATA / ".info.json"
        try:
            counts = dict(json.loads(path.read_bytes())["shard_counts"]) if path.is_file() else {}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            problems.append(f"{path} is damaged ({error!r})")
            continue
        for shard in dataset.shards:
            found = counts.get(shard.name)
            if found != shard.samples:
                problems.append(f"{path}: energon counts {found} in {shard.name}, {shard.samples} in the index")
    return problems


def find_all_foreign(out: Path, datasets: list[Dataset]) -> list[str]:
    """A sentence for everything that the folder tells energon and data_prep would not."""
    problems = []
    for split in SPLITS:
        weights = {dataset.path: dataset.seconds for dataset in datasets if dataset.split == split}
        path = out / f"{split}.yaml"
        if not path.is_file() or path.read_text(encoding="utf-8", errors="replace") != render_blend(split, weights):
            problems.append(f"{path} is not as data_prep writes it; energon could run what it names")
    folders = dict.fromkeys(dataset.path for dataset in datasets)
    return problems + [problem for folder in folders for problem in find_foreign(out / folder)]


def find_differences(task: VerifyTask) -> list[str]:
    """A sentence for everything in which the shard is not what the index says."""
    try:
        digest = sha256_of(task.path)
        samples, seconds, found = read_samples(task)
    except (OSError, tarfile.TarError, ValueError) as error:
        return [f"{task.path}: {error}"]
    actual = {"bytes": task.path.stat().st_size, "sha256": digest, "samples": samples, "seconds": round(seconds, 3)}
    for name, value in actual.items():
        if value != (indexed := getattr(task.shard, name)):
            found.append(f"{task.path}: {name} is {value}, {indexed} in the index")
    return found


def read_samples(task: VerifyTask) -> tuple[int, float, list[str]]:
    """Samples, their seconds, and what is wrong with any."""
    samples, seconds, found = 0, 0.0, []
    audio = {}
    with tarfile.open(task.path, "r:") as tar:
        for member in tar:
            key, _, kind = member.name.partition(".")
            if not member.isreg() or member.issparse() or kind not in ("flac", "json"):
                found.append(f"{task.path}: {member.name!r} is neither a flac nor a json file")
                continue
            file = tar.extractfile(member)
            assert file is not None  # of a regular member
            content = file.read()
            if kind == "flac":
                audio[key] = content
                continue
            samples += 1
            try:
                described = require_duration(json.loads(content)["seconds"])
            except (ValueError, ArithmeticError, KeyError, TypeError, RecursionError) as error:
                found.append(f"{task.path}: the json of {key} does not tell its seconds ({error!r})")
                audio.pop(key, None)
                continue
            seconds += described
            found += check_audio(task, key, audio.pop(key, b""), described)
    return samples, seconds, found + [f"{task.path}: {key} has no json" for key in audio]


def check_audio(task: VerifyTask, key: str, content: bytes, described: float) -> list[str]:
    try:
        recording = files.read(content)
    except UnreadableAudio as error:
        return [f"{task.path}: {key}: {error}"]
    if recording.sample_rate != task.sample_rate:
        return [f"{task.path}: {key} is at {recording.sample_rate} Hz, {task.sample_rate} Hz in the index"]
    length = round(len(recording.audio) / task.sample_rate, 6)
    return [] if length == described else [f"{task.path}: {key} lasts {length} s, {described} s in its json"]
