"""A recording's first look: its length, where to cut it, and whether it was seen before. Nothing long is decoded twice."""

import hashlib
from typing import NamedTuple

from lfsc.audio import files
from lfsc.audio.files import UnreadableAudio

from .cutting import cuts
from .rules import Rules
from .utterance import File, Rejection, Utterance

# Three samples of this many bytes tell one recording from another; most compressed clips are read whole.
BLOCK = 16384


class Examined(NamedTuple):
    """An utterance as it will be in the shards, its length, and a fingerprint of the file that it comes from."""

    utterance: Utterance
    seconds: float
    fingerprint: int


class ExamineTask(NamedTuple):
    utterances: list[Utterance]
    rules: Rules


def examine(task: ExamineTask) -> list[Examined | Rejection]:
    """One result for each utterance, more for a recording that is cut."""
    return [result for utterance in task.utterances for result in _examined(utterance, task.rules)]


def _examined(utterance: Utterance, rules: Rules) -> list[Examined | Rejection]:
    if not isinstance(utterance.source, File):
        return [Examined(utterance, rules.expected_seconds, _digest(utterance.to_json().encode()))]
    try:
        content = utterance.source.open()
        info = files.probe(content)
        seconds = info.num_samples / info.sample_rate
        problem = rules.check_length(seconds) or rules.check_rate(info.sample_rate)
        if problem:
            return [Rejection(utterance.key, utterance.language, *problem)]
        fingerprint = _fingerprint(content)
        if seconds <= rules.max_seconds:
            return [Examined(utterance, seconds, fingerprint)]
        return _pieces(utterance, cuts(content, info, rules), info.sample_rate, fingerprint)
    except (UnreadableAudio, OSError) as error:
        return [Rejection(utterance.key, utterance.language, "undecodable", str(error))]


def _pieces(utterance: Utterance, edges: list[int], sample_rate: int, fingerprint: int) -> list[Examined]:
    """The utterance between each two edges, without its text; each piece with its own fingerprint."""
    pieces = []
    for number, (start, end) in enumerate(zip(edges, edges[1:], strict=False)):
        source = utterance.source._replace(start=start, num_samples=end - start)
        piece = utterance._replace(key=f"{utterance.key}-{number:04d}", source=source, text=None)
        pieces.append(Examined(piece, (end - start) / sample_rate, (fingerprint + number) % 2**63))
    return pieces


def _fingerprint(content) -> int:
    """63 bits of the file's size and of its beginning, middle and end."""
    if isinstance(content, bytes):
        size, blocks = len(content), [content[place : place + BLOCK] for place in _places(len(content))]
    else:
        with open(content, "rb") as file:
            size = file.seek(0, 2)
            blocks = []
            for place in _places(size):
                file.seek(place)
                blocks.append(file.read(BLOCK))
    return _digest(str(size).encode() + b"".join(blocks))


def _places(size: int) -> list[int]:
    return [0, max(0, (size - BLOCK) // 2), max(0, size - BLOCK)]


def _digest(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest()) >> 1
