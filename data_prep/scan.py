"""A first look at recordings: how long they are, where to cut them, what tells them apart."""

import hashlib
import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from lfsc.audio import files
from lfsc.audio.files import UnreadableAudio

from .corpora.utterance import File, Rejection, Utterance
from .filters import Rules
from .segmentation import cuts

# Three samples of this many bytes tell one recording from another; most compressed clips are read whole.
BLOCK = 16384


def digest(content: bytes) -> int:
    """63 bits that tell contents apart."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest()) >> 1


class Examined(NamedTuple):
    """An utterance as it will be in the shards, its length, and a fingerprint of the file that it comes from."""

    utterance: Utterance
    seconds: float
    fingerprint: int


class ExamineTask(NamedTuple):
    utterances: list[Utterance | Rejection]
    rules: Rules


def examine(task: ExamineTask) -> list[Examined | Rejection]:
    """One result for each utterance, more for a recording that is cut."""
    return [result for utterance in task.utterances for result in _examine(utterance, task.rules)]


def _examine(utterance: Utterance | Rejection, rules: Rules) -> list[Examined | Rejection]:
    if isinstance(utterance, Rejection):
        return [utterance]
    if not isinstance(utterance.source, File):
        return [Examined(utterance, rules.expected_seconds, digest(utterance.to_json().encode()))]
    try:
        content = utterance.source.open()
        info = files.probe(content)
        problem = rules.check(info.num_samples / info.sample_rate, info.sample_rate)
        if problem:
            return [Rejection(utterance.key, utterance.language, *problem)]
        edges = cuts(content, info, rules)
        return list(_split_at(utterance, edges, info.sample_rate, _fingerprint(content)))
    except (UnreadableAudio, OSError) as error:
        return [Rejection(utterance.key, utterance.language, "undecodable", str(error))]


def _split_at(utterance: Utterance, edges: list[int], sample_rate: int, fingerprint: int) -> Iterator[Examined]:
    """The utterance between each two edges: itself if there are no others, else pieces, whose text nobody knows."""
    if len(edges) == 2:
        yield Examined(utterance, edges[1] / sample_rate, fingerprint)
        return
    assert isinstance(utterance.source, File)  # only recordings are cut
    for number, (start, end) in enumerate(pairwise(edges)):
        source = utterance.source._replace(start=start, num_samples=end - start)
        piece = utterance._replace(key=f"{utterance.key}-{number:04d}", source=source, text=None)
        yield Examined(piece, (end - start) / sample_rate, fingerprint ^ number)


def _fingerprint(content: Path | bytes) -> int:
    """Of a file's size, beginning, middle and end."""
    with open(content, "rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        size = file.seek(0, io.SEEK_END)
        blocks = [str(size).encode()]
        for place in (0, (size - BLOCK) // 2, size - BLOCK):
            file.seek(max(0, place))
            blocks.append(file.read(BLOCK))
    return digest(b"".join(blocks))
