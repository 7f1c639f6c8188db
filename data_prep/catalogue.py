"""A few numbers for each utterance of a corpus, so small that millions fit: its speaker, length and split."""

from array import array
from collections import defaultdict

import numpy

from lfsc.io.messages import say_count

from .corpora.utterance import UNKNOWN_SPEAKER
from .scan import Examined, digest
from .split import SPLITS, choose_validation_speakers

TRAIN, VAL, UNDECIDED, LEFT_OUT = range(4)


class Catalogue:
    """Rows in the order of the corpus; `places` says where each one's line begins."""

    def __init__(self) -> None:
        self.places = array("q")
        self.seconds = array("f")
        self.keys = array("q")
        self.fingerprints = array("q")
        self.speakers = array("i")
        self.splits = array("b")
        self.speaker_numbers: dict[tuple[str, str], int] = {}

    def add(self, examined: Examined, place: int) -> None:
        utterance = examined.utterance
        speaker = (utterance.language, utterance.speaker)
        self.places.append(place)
        self.seconds.append(examined.seconds)
        self.keys.append(digest(utterance.key.encode()))
        self.fingerprints.append(examined.fingerprint)
        self.speakers.append(self.speaker_numbers.setdefault(speaker, len(self.speaker_numbers)))
        self.splits.append(UNDECIDED if utterance.split is None else SPLITS.index(utterance.split))

    def sharing(self, numbers: array) -> list[int]:
        """Rows that are not left out and have a number (`keys` or `fingerprints`) in common with another."""
        kept = numpy.flatnonzero(numpy.asarray(self.splits) != LEFT_OUT)
        _, which, counts = numpy.unique(numpy.asarray(numbers)[kept], return_inverse=True, return_counts=True)
        return kept[counts[which] > 1].tolist()

    def leave_out_repeated(self, numbers: array) -> list[int]:
        """Rows whose number (`keys` or `fingerprints`) an earlier row has that is not left out."""
        kept = numpy.flatnonzero(numpy.asarray(self.splits) != LEFT_OUT)
        _, first = numpy.unique(numpy.asarray(numbers)[kept], return_index=True)
        return self.leave_out(numpy.delete(kept, first))

    def leave_out_crossing(self) -> list[int]:
        """Training rows of speakers that the corpus itself has in validation, in whichever language."""
        return self.leave_out(self.find_crossing())

    def settle_splits(self) -> list[str]:
        """Make of the splits that the corpus has such that can be kept; a sentence where they cannot.

        In languages with validation all other rows train. All rows are undecided where nothing validates, or where
        most of training would be left out, as its speakers validate.
        """
        splits, speakers = numpy.asarray(self.splits), numpy.asarray(self.speakers)
        languages = numpy.array([language for language, _ in self.speaker_numbers] or [""])
        language_of = numpy.unique(languages, return_inverse=True)[1]
        validating = numpy.unique(language_of[speakers[splits == VAL]])
        splits[(splits == UNDECIDED) & numpy.isin(language_of[speakers], validating)] = TRAIN
        if not len(validating):
            splits[splits == TRAIN] = UNDECIDED
        if 2 * len(self.find_crossing()) <= numpy.count_nonzero(splits == TRAIN):
            return []
        splits[(splits == TRAIN) | (splits == VAL)] = UNDECIDED
        return ["the corpus has the same speakers in training and validation: they are divided anew"]

    def find_crossing(self) -> numpy.ndarray:
        """Of speakers who are not known it is believed that they are others."""
        splits, speakers = numpy.asarray(self.splits), numpy.asarray(self.speakers)
        names = [name for _, name in self.speaker_numbers]
        held_out = {names[number] for number in numpy.unique(speakers[splits == VAL])} - {UNKNOWN_SPEAKER}
        in_both = numpy.array([name in held_out for name in names], dtype=bool)
        return numpy.flatnonzero((splits == TRAIN) & in_both[speakers])

    def divide(self, *, val_share: float, seed: int, on_trained: bool = False) -> list[str]:
        """Give every undecided row a split, by its speaker; what is worth saying comes back.

        With `on_trained`, languages of one speaker validate on some recordings of that speaker.
        """
        splits, speakers = numpy.asarray(self.splits), numpy.asarray(self.speakers)
        undecided = numpy.flatnonzero(splits == UNDECIDED)
        if not len(undecided):
            return []
        names = [name for _, name in self.speaker_numbers]
        by_speaker = self.sum_by_speaker(undecided)
        chosen, notes = choose_validation_speakers(by_speaker, share=val_share, seed=seed, spare_single=on_trained)
        splits[undecided] = numpy.array([name in chosen for name in names], dtype=bool)[speakers[undecided]]
        if val_share and on_trained:
            return notes + self.validate_on_trained(undecided, val_share, seed)
        if chosen or val_share == 0 or len(undecided) == 1:
            return notes
        count = self.hold_out(undecided, val_share, numpy.random.default_rng(seed))
        return [f"all recordings are of one speaker: {count} of them are for validation, so it is not on a new voice"]

    def validate_on_trained(self, undecided: numpy.ndarray, share: float, seed: int) -> list[str]:
        """Hold recordings out of each language of which no speaker is held out; a sentence that says which."""
        splits, languages = numpy.asarray(self.splits), [language for language, _ in self.speaker_numbers]
        languages_of = numpy.array(languages)[numpy.asarray(self.speakers)[undecided]]
        counts = {}
        for number, language in enumerate(sorted(set(languages))):
            rows = undecided[languages_of == language]
            if len(rows) > 1 and not (splits[rows] == VAL).any():
                counts[language] = self.hold_out(rows, share, numpy.random.default_rng([seed, number]))
        if not counts:
            return []
        total, names = sum(counts.values()), ", ".join(counts)
        return [
            f"validation by {say_count(total, 'recording')} of speakers who train, so not on new voices, in {names}"
        ]

    def hold_out(self, rows: numpy.ndarray, share: float, generator: numpy.random.Generator) -> int:
        """How many of the rows are for validation now: at least one, never all."""
        count = min(max(1, round(share * len(rows))), len(rows) - 1)
        numpy.asarray(self.splits)[generator.choice(rows, count, replace=False)] = VAL
        return count

    def groups(self) -> list[tuple[str, str, numpy.ndarray]]:
        """Language, split and rows, of every dataset."""
        languages = sorted({language for language, _ in self.speaker_numbers})
        of_speaker = numpy.array([languages.index(language) for language, _ in self.speaker_numbers], dtype=numpy.int32)
        dataset = of_speaker[numpy.asarray(self.speakers)] * len(SPLITS) + numpy.asarray(self.splits)
        dataset[numpy.asarray(self.splits) == LEFT_OUT] = -1
        order = numpy.argsort(dataset, kind="stable")
        numbers, first = numpy.unique(dataset[order], return_index=True)
        parts = numpy.split(order, first)[1:]
        return [
            (languages[number // len(SPLITS)], SPLITS[number % len(SPLITS)], rows)
            for number, rows in zip(numbers, parts, strict=True)
            if number >= 0
        ]

    def sum_by_speaker(self, rows: numpy.ndarray) -> dict[str, dict[str, float]]:
        """Seconds by language and speaker."""
        speakers, seconds = numpy.asarray(self.speakers)[rows], numpy.asarray(self.seconds)[rows]
        totals = numpy.bincount(speakers, seconds, minlength=len(self.speaker_numbers))
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for (language, name), total in zip(self.speaker_numbers, totals, strict=True):
            if total > 0:
                found[language][name] = float(total)
        return found

    def leave_out(self, rows: numpy.ndarray) -> list[int]:
        numpy.asarray(self.splits)[rows] = LEFT_OUT
        return rows.tolist()
