"""The parts in which corpora are published, as splits: those for training, validation and tests share no speaker."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

CORPORA = ("LibriSpeech", "LibriTTS", "MLS", "FLEURS")
PART = re.compile(r"(train|dev|test)([-_](clean|other))?([-_]\d+)?")
SPLITS = {"train": "train", "dev": "val"}


class Parts:
    """The kinds of parts that all recordings of a run are of: train, dev, test, or None.

    Where a part for training is there, the test parts stay out, and the dev parts validate; a dev or test part
    without one is a corpus like any other.
    """

    def __init__(self, kinds: Iterable[str | None]) -> None:
        self.found = {kind for kind in kinds if kind}

    def leaves_out(self, kind: str | None) -> bool:
        return kind == "test" and "train" in self.found

    def split(self, kind: str | None) -> str | None:
        """The split of a recording in a part of this kind: train or val, or None where its speaker decides."""
        return SPLITS.get(kind or "") if {"train", "dev"} <= self.found else None


def kind_of_path(name: str) -> str | None:
    """train, dev or test, if a folder of that name, or an archive, says so."""
    parts = (PART.fullmatch(part.partition(".")[0]) for part in PurePosixPath(name).parts)
    return next((part[1] for part in parts if part), None)
