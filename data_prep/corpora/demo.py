"""Digits, numbers and dates, spoken by espeak-ng in a hundred languages: a corpus for trying things out."""

import random
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from .utterance import Speech, Utterance

# What a text takes on average, over all languages and speakers.
CLIP_SECONDS = 3.6
# Clips for validation in each language.
VAL_CLIPS = 1


class Speaker(NamedTuple):
    variant: str
    rate: int
    pitch: int
    pitch_range: int


# Variants are espeak-ng's own voices; no variant is in both splits.
SPEAKERS = {
    "train": (
        Speaker("m1", 165, 45, 55),
        Speaker("m2", 180, 38, 60),
        Speaker("m3", 155, 50, 45),
        Speaker("m4", 190, 42, 50),
        Speaker("m6", 170, 35, 65),
        Speaker("m8", 160, 55, 40),
        Speaker("f1", 175, 55, 60),
        Speaker("f2", 160, 62, 55),
        Speaker("f3", 185, 50, 45),
        Speaker("f4", 165, 58, 65),
        Speaker("Annie", 175, 52, 50),
        Speaker("adam", 170, 40, 55),
    ),
    "val": (
        Speaker("m5", 170, 45, 50),
        Speaker("m7", 160, 48, 60),
        Speaker("f5", 175, 56, 50),
        Speaker("linda", 165, 60, 55),
    ),
}


def utterances(scratch: Path, *, num_languages: int | None, minutes: float, seed: int) -> Iterator[Utterance]:
    """About `minutes` of training speech, evenly in `num_languages` languages (all by default), and some validation."""
    from .espeak import languages

    if not isfinite(minutes):
        raise ValueError(f"--minutes {minutes}: expected a finite number")
    spoken = languages()
    if num_languages is not None:
        if not 1 <= num_languages <= len(spoken):
            raise ValueError(f"espeak-ng speaks numbers in {len(spoken)} languages, not in {num_languages}")
        # Every so-maniest, for neighbours in the alphabet are often neighbours on the map.
        spoken = [spoken[index * len(spoken) // num_languages] for index in range(num_languages)]
    clips = max(1, round(minutes * 60 / CLIP_SECONDS / len(spoken)))
    for language in spoken:
        for split, count in (("train", clips), ("val", VAL_CLIPS)):
            generator = random.Random(f"{seed} {language.tag} {split}")
            speakers = generator.sample(SPEAKERS[split], len(SPEAKERS[split]))
            for number in range(count):
                speaker = speakers[number % len(speakers)]
                text = sentence(generator)
                source = Speech(text, f"{language.voice}+{speaker.variant}", *speaker[1:])
                key = f"{language.tag}-{split}-{number:05d}"
                yield Utterance(key, source, language.tag, speaker.variant, split, text)


def sentence(generator: random.Random) -> str:
    """Some digits, numbers, or a date: figures, which espeak-ng speaks in the language of the voice."""
    kind = generator.choice(("digits", "numbers", "date"))
    if kind == "digits":
        return " ".join(str(generator.randrange(10)) for _ in range(generator.randint(6, 8)))
    if kind == "numbers":
        return ", ".join(str(generator.randrange(10, 10_000)) for _ in range(generator.randint(2, 3)))
    return f"{generator.randint(1, 28)}, {generator.randint(1, 12)}, {generator.randint(1900, 2030)}"
