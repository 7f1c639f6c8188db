"""A shard: utterances read, checked, resampled, and written as one tar, with a record of what is in it."""

import json
import time
from pathlib import Path
from typing import NamedTuple

import webdataset
from torch import Tensor

from lfsc.audio import files
from lfsc.audio.bandwidth import measure_bandwidth
from lfsc.audio.quality import NARROW, QUIETEST, level_of
from lfsc.audio.resampling import resample
from lfsc.io.atomic import remove_left_overs, replacing, write_text
from lfsc.io.json_text import read_object
from lfsc.io.messages import describe
from lfsc.io.sha256 import sha256_of
from lfsc.shards.seek_table import with_seek_table

from ..corpora.utterance import Rejection, Utterance
from ..plan import PlannedShard, Planner
from ..rules import Rules


class ShardTask(NamedTuple):
    """`folder` is the corpus; `plan_folder` holds what is needed until it is finished."""

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
        return self.plan_folder / "records" / self.shard.language / f"{self.shard.name}.json"


def write_shard(task: ShardTask) -> dict:
    """The record of the shard: name, bytes, sha256, samples, seconds, speakers, quiet, narrow, rejected, cpu_seconds.

    The shard is written unless it has a record, which follows it.
    """
    if not task.record_path.exists():
        # A killed worker could not remove its own.
        remove_left_overs(task.path)
        write_text(task.record_path, json.dumps(write_anew(task), ensure_ascii=False))
    return read_object(task.record_path, "samples", "seconds", "rejected", "cpu_seconds")


def write_anew(task: ShardTask) -> dict:
    started = time.process_time()
    with replacing(task.path) as temporary:
        contents = write_samples(task, temporary)
        digest = sha256_of(temporary)
    size = task.path.stat().st_size
    if not contents["samples"]:
        task.path.unlink()
    cpu_seconds = round(time.process_time() - started, 3)
    return {"name": task.shard.name, "bytes": size, "sha256": digest, "cpu_seconds": cpu_seconds} | contents


def write_samples(task: ShardTask, path: Path) -> dict:
    """Put the utterances into a tar at `path`; samples, seconds, speakers and rejected come back.

    Also how many utterances are quiet and how many narrow, as telephone speech.
    """
    lengths, speakers, quiet, narrow, rejected = [], set(), 0, 0, []
    # The time is fixed: the same utterances give the same bytes.
    with path.open("wb") as file, webdataset.TarWriter(file, encoder=False, mtime=0) as tar:
        for utterance in Planner(task.plan_folder).utterances(task.shard):
            sample = make_sample(utterance, task)
            if isinstance(sample, Rejection):
                rejected.append(sample._asdict())
                continue
            level = sample.pop("level")
            quiet += level is not None and level < QUIETEST
            narrow += sample["json"]["bandwidth"] < NARROW
            tar.write({**sample, "json": json.dumps(sample["json"], ensure_ascii=False).encode()})
            lengths.append(sample["json"]["seconds"])
            speakers.add(utterance.speaker)
    seconds = round(sum(lengths), 3)
    counts = {"samples": len(lengths), "seconds": seconds, "speakers": sorted(speakers)}
    return counts | {"quiet": quiet, "narrow": narrow, "rejected": rejected}


def make_sample(utterance: Utterance, task: ShardTask) -> dict | Rejection:
    """KEY.flac, KEY.json and level of an utterance, or why it has none; OSError where the machine is at fault."""
    try:
        audio, source_rate = utterance.source.read()
        problem = task.rules.check(len(audio) / source_rate, source_rate) or task.rules.check_level(audio)
        return encode_sample(utterance, audio, source_rate, task) if problem is None else utterance.reject(*problem)
    except OSError:
        raise
    # Whatever a recording does to its decoder, the others are not to suffer.
    except Exception as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise OSError(f"{error}, which was there a while ago: bring it back and run the same command") from error
        return utterance.reject("undecodable", describe(error))


def encode_sample(utterance: Utterance, audio: Tensor, source_rate: int, task: ShardTask) -> dict:
    """The sample of audio [T] that was recorded at `source_rate`."""
    sample_rate = task.rules.sample_rate
    resampled = turn_down(resample(audio, from_rate=source_rate, to_rate=sample_rate))
    description = {
        "key": utterance.key,
        "seconds": round(len(resampled) / sample_rate, 6),
        "language": utterance.language,
        "speaker": utterance.speaker,
        "corpus": task.corpus,
        "split": task.shard.split,
        "source_rate": source_rate,
        "bandwidth": measure_bandwidth(audio, sample_rate=source_rate),
    }
    if utterance.text:
        description["text"] = utterance.text
    flac = with_seek_table(files.encode(resampled, sample_rate=sample_rate, format="flac"))
    return {"__key__": utterance.key, "flac": flac, "json": description, "level": level_of(audio)}


def turn_down(audio: Tensor) -> Tensor:
    """Audio within the range of 16 bits: resampling overshoots at full scale, and clipping would be heard."""
    return audio / max(1.0, float(audio.max()) * 32768 / 32767, -float(audio.min()))
