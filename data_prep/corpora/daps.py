"""DAPS, its clean recordings: `clean/f1_script1_clean.wav`, each some minutes long and cut at silences."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .archives import find
from .utterance import Rejection, Utterance

# The speakers on whom the codec's paper reports.
VAL_SPEAKERS = ("f10", "m10")
NAME = re.compile(r"([fm]\d+)_script\d+_clean")


def utterances(scratch: Path, *, sources: list[Path]) -> Iterator[Utterance | Rejection]:
    """All recordings of the 20 speakers; F10 and M10 are for validation."""

    def is_clean_recording(path: PurePosixPath) -> bool:
        return path.name.lower().endswith("_clean.wav")

    for found in find(sources, scratch, is_clean_recording, what="DAPS recording (clean/*_clean.wav)"):
        if isinstance(found, Rejection):
            yield found
            continue
        for name in found.names:
            key = PurePosixPath(name).stem.lower()
            named = NAME.fullmatch(key)
            if not named:
                yield Rejection.malformed(key, "en", "its name is not of the kind f1_script1_clean.wav")
                continue
            speaker = named[1]
            split = "val" if speaker in VAL_SPEAKERS else "train"
            yield Utterance(key, found.tree.file(name), "en", speaker, split)
