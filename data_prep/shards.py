"""A shard: utterances read, checked, resampled, and written as one tar with a record of what is in it."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import webdataset

from lfsc.atomic import replacing, write_text
from lfsc.audio import files
from lfsc.audio.bandwidth import bandwidth
from lfsc.audio.files import UnreadableAudio
from lfsc.audio.resampling import resample

from .plan import PlannedShard, Planner
from .rules import Rules, check_level
from .utterance import Rejection, Utterance


class ShardTask(NamedTuple):
    """`folder` is the corpus; what is needed until it is finished lies in `plan_folder`."""

    shard: PlannedShard
    folder: Path
    plan_folder: Path
    corpus: str
    rules: Rules

    @property
    def path(self) -> Path:
        return self.folder / self.shard.language / self.shard.name

    @property
    def record_path(self) -> Path:
        return self.plan_folder / self.shard.language / f"{self.shard.name}.json"


def write_shard(task: ShardTask) -> dict:
    """The record of the shard, which is written unless an earlier run has finished it: name, bytes, sha256, samples,
    seconds, speakers and rejected."""
    # The record follows the shard, so a shard without one may be from other settings and is written again.
    if not task.record_path.exists():
        write_text(task.record_path, json.dumps(_written(task), ensure_ascii=False))
    return json.loads(task.record_path.read_text(encoding="utf-8"))


def _written(task: ShardTask) -> dict:
    samples, seconds, speakers, rejected = 0, 0.0, set(), []
    with replacing(task.path) as temporary:
        # mtime and owners are fixed: the same utterances give the same bytes.
        with temporary.open("wb") as file, webdataset.TarWriter(file, encoder=False, mtime=0) as tar:
            for utterance in Planner(task.plan_folder).utterances(task.shard):
                sample = _sample(utterance, task)
                if isinstance(sample, Rejection):
                    rejected.append(sample._asdict())
                    continue
                tar.write(sample)
                samples += 1
                seconds += json.loads(sample["json"])["seconds"]
                speakers.add(utterance.speaker)
        with temporary.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "name": task.shard.name,
        "bytes": task.path.stat().st_size,
        "sha256": digest,
        "samples": samples,
        "seconds": round(seconds, 3),
        "speakers": sorted(speakers),
        "rejected": rejected,
    }


def _sample(utterance: Utterance, task: ShardTask) -> dict | Rejection:
    """KEY.flac and KEY.json of an utterance, or why it has none."""
    try:
        audio, source_rate = utterance.source.read()
    except (UnreadableAudio, OSError) as error:
        return Rejection(utterance.key, utterance.language, "undecodable", str(error))
    problem = task.rules.check_length(len(audio) / source_rate) or check_level(audio)
    if problem:
        return Rejection(utterance.key, utterance.language, *problem)
    band = bandwidth(audio, sample_rate=source_rate)
    audio = resample(audio, from_rate=source_rate, to_rate=task.rules.sample_rate)
    # Resampling overshoots at full scale: turned down as a whole, nothing is clipped.
    audio = audio / max(1.0, float(audio.abs().max()) * 32768 / 32767)
    description = {
        "key": utterance.key,
        "seconds": round(len(audio) / task.rules.sample_rate, 6),
        "language": utterance.language,
        "speaker": utterance.speaker,
        "corpus": task.corpus,
        "split": task.shard.split,
        "source_rate": source_rate,
        "bandwidth": band,
    } | ({"text": utterance.text} if utterance.text else {})
    flac = files.encode(audio, sample_rate=task.rules.sample_rate, format="flac")
    return {"__key__": utterance.key, "flac": flac, "json": json.dumps(description, ensure_ascii=False).encode()}
