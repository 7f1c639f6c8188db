"""A few numbers for each utterance of a corpus, small enough to hold millions: who said it, how long, in which split."""

from array import array
from collections import defaultdict

import numpy

from .examine import Examined
from .split import SPLITS, validation_speakers
from .utterance import Rejection

UNDECIDED, LEFT_OUT = 2, 3


class Catalogue:
    """Rows in the order of the corpus; `splits` holds 0 for train, 1 for val, UNDECIDED or LEFT_OUT."""

    def __init__(self) -> None:
        self.places = array("q")
        self.seconds = array("f")
        self.fingerprints = array("q")
        self.speakers = array("i")
        self.splits = array("b")
        self.speaker_numbers: dict[tuple[str, str], int] = {}

    def add(self, examined: Examined, place: int) -> None:
        utterance = examined.utterance
        speaker = (utterance.language, utterance.speaker)
        self.places.append(place)
        self.seconds.append(examined.seconds)
        self.fingerprints.append(examined.fingerprint)
        self.speakers.append(self.speaker_numbers.setdefault(speaker, len(self.speaker_numbers)))
        self.splits.append(UNDECIDED if utterance.split is None else SPLITS.index(utterance.split))

    def leave_out_duplicates(self) -> list[int]:
        """Rows whose recording came before."""
        fingerprints = numpy.asarray(self.fingerprints)
        _, first = numpy.unique(fingerprints, return_index=True)
        repeated = numpy.ones(len(fingerprints), dtype=bool)
        repeated[first] = False
        return self._leave_out(repeated)

    def leave_out_crossing(self) -> list[int]:
        """Training rows of speakers that the corpus itself also has in validation."""
        splits, speakers = numpy.asarray(self.splits), numpy.asarray(self.speakers)
        names = list(self.speaker_numbers)
        held = {names[number][1] for number in numpy.unique(speakers[splits == SPLITS.index("val")])}
        in_both = numpy.array([name in held for _, name in names], dtype=bool)
        return self._leave_out((splits == SPLITS.index("train")) & in_both[speakers])

    def divide(self, *, val_share: float, seed: int) -> list[str]:
        """Decide the undecided by their speakers; a sentence for each language where that could not be done."""
        splits, speakers = numpy.asarray(self.splits), numpy.asarray(self.speakers)
        undecided = splits == UNDECIDED
        if not undecided.any():
            return []
        totals = numpy.bincount(speakers[undecided], numpy.asarray(self.seconds)[undecided], len(self.speaker_numbers))
        by_speaker: dict[str, dict[str, float]] = defaultdict(dict)
        for (language, name), number in self.speaker_numbers.items():
            if totals[number] > 0:
                by_speaker[language][name] = float(totals[number])
        validation, notes = validation_speakers(by_speaker, share=val_share, seed=seed)
        chosen = numpy.array([speaker in validation for speaker in self.speaker_numbers], dtype=bool)
        splits[undecided] = chosen[speakers[undecided]]
        return notes

    def groups(self) -> list[tuple[str, str, numpy.ndarray]]:
        """Language, split and rows, for all that have any."""
        languages = sorted({language for language, _ in self.speaker_numbers})
        of_speaker = numpy.array([languages.index(language) for language, _ in self.speaker_numbers])
        of_row = of_speaker[numpy.asarray(self.speakers)]
        splits = numpy.asarray(self.splits)
        found = []
        for number, language in enumerate(languages):
            for split, name in enumerate(SPLITS):
                rows = numpy.flatnonzero((of_row == number) & (splits == split))
                if len(rows):
                    found.append((language, name, rows))
        return found

    def _leave_out(self, mask: numpy.ndarray) -> list[int]:
        rows = numpy.flatnonzero(mask & (numpy.asarray(self.splits) != LEFT_OUT))
        numpy.asarray(self.splits)[rows] = LEFT_OUT
        return rows.tolist()
