"""A first look at recordings: how long they are, where to cut them, what tells them apart."""

import hashlib
import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

from lfsc.audio import files
from lfsc.audio.parts import WHOLE
from lfsc.io.messages import describe

from .corpora.utterance import File, Rejection, Utterance
from .rules import Rules
from .segmentation import find_cuts

# Recordings that differ in three samples of this many bytes are different, so that few are read whole.
BLOCK = 16384


def digest(content: bytes) -> int:
    """63 bits that tell contents apart."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest()) >> 1


class Examined(NamedTuple):
    """An utterance as it will be in the shards, its length, and a fingerprint of samples of its source's bytes."""

    utterance: Utterance
    seconds: float
    fingerprint: int


class ExamineTask(NamedTuple):
    utterances: list[Utterance | Rejection]
    rules: Rules


def examine(task: ExamineTask) -> list[Examined | Rejection]:
    """One result for each utterance, more for a recording that is cut."""
    return [result for utterance in task.utterances for result in examine_utterance(utterance, task.rules)]


def examine_utterance(utterance: Utterance | Rejection, rules: Rules) -> list[Examined | Rejection]:
    if isinstance(utterance, Rejection):
        return [utterance]
    if not isinstance(utterance.source, File):
        return [Examined(utterance, rules.expected_seconds, digest(utterance.to_json().encode()))]
    try:
        return list(examine_file(utterance, utterance.source, rules))
    # Whatever a recording does to its decoder, the others are not to suffer.
    except Exception as error:
        return [utterance.reject("undecodable", describe(error))]


def examine_file(utterance: Utterance, source: File, rules: Rules) -> Iterator[Examined | Rejection]:
    """The utterance between each two places where it is cut, whose text then nobody knows; itself if it is not."""
    content = source.open()
    info = files.probe(content)
    try:
        start, num_samples = utterance.part.samples(info)
    except ValueError as error:
        yield utterance.reject("malformed", str(error))
        return
    problem = rules.check(num_samples / info.sample_rate, info.sample_rate)
    if problem:
        yield utterance.reject(*problem)
        return
    source = source._replace(channel=utterance.part.channel)
    utterance = utterance._replace(part=WHOLE, source=source)
    edges = find_cuts(source, content, info, rules, start=start, end=start + num_samples)
    if len(edges) > 2:
        utterance = utterance._replace(text=None)
    for number, (begin, end) in enumerate(pairwise(edges)):
        key = utterance.key if len(edges) == 2 else f"{utterance.key}-{number:04d}"
        if end - begin < info.num_samples:
            source = source._replace(start=begin, num_samples=end - begin)
        yield Examined(
            utterance._replace(key=key, source=source), (end - begin) / info.sample_rate, fingerprint(source, content)
        )


def fingerprint(source: File, content: Path | bytes | None = None, *, whole: bool = False) -> int:
    """A fingerprint of a file's size, beginning, middle and end, or of all its bytes, and of the part that is used."""
    content = source.open() if content is None else content
    with open(content, "rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        found = hashlib.file_digest(file, "blake2b").digest() if whole else read_blocks(file)
    return digest(found + repr(source[3:]).encode())


def read_blocks(file: BinaryIO) -> bytes:
    size = file.seek(0, io.SEEK_END)
    blocks = [str(size).encode()]
    for place in (0, (size - BLOCK) // 2, size - BLOCK):
        file.seek(max(0, place))
        blocks.append(file.read(BLOCK))
    return b"".join(blocks)
