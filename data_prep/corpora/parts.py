"""The parts in which LibriSpeech and its kin are published, as splits: train, dev and test share no speaker."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

CORPORA = ("LibriSpeech", "LibriTTS", "MLS")
PART = re.compile(r"(train|dev|test)(-(clean|other))?(-\d+)?")
SPLITS = {"train": "train", "dev": "val"}
TEST = "test"


class Parts:
    """Which of the published parts are among the `names` of all recordings and archives of a run.

    Where a part for training is there, the test parts stay out, and the dev parts validate; a dev or test part alone is
    a corpus like any other.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.found = {kind for kind in map(kind_of, names) if kind}

    @property
    def are_splits(self) -> bool:
        return "train" in self.found

    def leaves_out(self, name: str) -> bool:
        return self.are_splits and kind_of(name) == TEST

    def split(self, name: str) -> str | None:
        """Of the recording of this name: train or val, or None where its speaker decides."""
        return SPLITS.get(kind_of(name) or "") if self.are_splits and "dev" in self.found else None


def kind_of(name: str) -> str | None:
    """train, dev or test, if a folder of that name, or an archive, says so."""
    parts = (PART.fullmatch(part.partition(".")[0]) for part in PurePosixPath(name).parts)
    return next((part[1] for part in parts if part), None)
