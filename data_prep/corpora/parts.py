"""The parts in which corpora are published, as splits: those for training, validation and tests share no speaker."""

import re
from collections.abc import Iterable
from functools import lru_cache

from lfsc.audio.suffixes import is_recording

# As train-clean-100, dev93, validation, train_nodev, test-other.tar.gz, tst-COMMON.
PART = re.compile(r"(train|dev|val|test|tst|eval)(ing|el|elopment|id|idation|uation)?(?![a-z])", re.IGNORECASE)
KINDS = {"train": "train", "dev": "dev", "val": "dev", "test": "test", "tst": "test", "eval": "test"}
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
    """train, dev or test, if a folder of that name, or an archive, says so: the innermost that does."""
    return kind_of_folder(name.rpartition("/")[0] if is_recording(name) else name)


# There are many recordings in a folder.
@lru_cache(1024)
def kind_of_folder(path: str) -> str | None:
    return next(filter(None, map(kind_of_word, reversed(path.split("/")))), None)


def kind_of_list(name: str) -> str | None:
    """The kind of part that the recordings in a list are of, by its name: metadata_train.csv, asr_dev.tsv."""
    return next(filter(None, map(kind_of_word, re.split(r"[^A-Za-z]+", name.rpartition("/")[2]))), None)


def kind_of_word(word: str) -> str | None:
    """The kind of part that a folder, an archive or a split is named after."""
    found = PART.match(word)
    return KINDS[found[1].lower()] if found else None
