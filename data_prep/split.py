"""Speakers for training and speakers for validation: none is ever in both."""

import random
from collections.abc import Mapping

SPLITS = ("train", "val")


def validation_speakers(
    seconds: Mapping[str, Mapping[str, float]], *, share: float, seed: int
) -> tuple[set[tuple[str, str]], list[str]]:
    """(language, speaker) pairs for validation out of the `seconds` by language and speaker, and what is worth saying.

    A speaker of several languages counts in each; one chosen in any is held out of all.
    """
    chosen: set[str] = set()
    lonely = []
    if share > 0:
        for language in sorted(seconds):
            speakers = seconds[language]
            if len(speakers) == 1:
                lonely.append(language)
            else:
                chosen |= _of_language(speakers, share=share, seed=f"{seed} {language}")
        if not chosen:
            chosen = {_smallest(seconds)}
    notes = []
    remaining = [language for language in lonely if not chosen & seconds[language].keys()]
    if remaining:
        notes.append(f"one speaker only, so no validation: {', '.join(remaining)}")
    return {(language, name) for language in seconds for name in seconds[language] if name in chosen}, notes


def _of_language(seconds: Mapping[str, float], *, share: float, seed: str) -> set[str]:
    """Drawn by the seed until they make up about `share`; one at least, and never the longest."""
    order = sorted(seconds)
    random.Random(seed).shuffle(order)
    # A language with one talkative speaker would be left with the rest for training.
    order.remove(max(order, key=lambda name: seconds[name]))
    wanted = share * sum(seconds.values())
    chosen = {order[0]}
    total = seconds[order[0]]
    for name in order[1:]:
        if total + seconds[name] <= wanted:
            chosen.add(name)
            total += seconds[name]
    return chosen


def _smallest(seconds: Mapping[str, Mapping[str, float]]) -> str:
    """The speaker with the least to say, where every language has one only."""
    totals = {name: length for speakers in seconds.values() for name, length in speakers.items()}
    if len(totals) < 2:
        only = ", ".join(totals) or "nobody"
        raise ValueError(
            f"validation needs a second speaker, but all recordings are of {only}: give --val-share 0 to go without, "
            f"or name some recordings' speaker differently in a manifest"
        )
    return min(sorted(totals), key=lambda name: totals[name])
