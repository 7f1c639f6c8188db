"""Speakers for training and speakers for validation: none is ever in both."""

import random
from collections.abc import Mapping

SPLITS = ("train", "val")

Seconds = Mapping[str, Mapping[str, float]]


def choose_validation_speakers(
    seconds: Seconds, *, share: float, seed: int, spare_single: bool = False
) -> tuple[set[str], list[str]]:
    """Speakers that make up about `share` of each language, and what is worth saying about it.

    `seconds` are by language and speaker. A speaker of several languages is held out of all of them. A language with
    one speaker only gives it to training; if that goes for all languages, the speaker with the least speech validates.
    With `spare_single` that one trains too, and languages without validation are not told: others see to them.
    """
    chosen: set[str] = set()
    if share == 0:
        return chosen, []
    for language in sorted(seconds):
        if len(seconds[language]) > 1:
            chosen |= draw_speakers(seconds[language], share=share, seed=f"{seed} {language}")
    totals: dict[str, float] = {}
    for speakers in seconds.values():
        for name, length in speakers.items():
            totals[name] = totals.get(name, 0.0) + length
    if not chosen and len(totals) > 1 and not spare_single:
        chosen = {min(sorted(totals), key=totals.__getitem__)}
    without = sorted(language for language, speakers in seconds.items() if not chosen & speakers.keys())
    notes = []
    if chosen and without and not spare_single:
        why = "only one speaker, who trains (unless --validate-on-trained-speakers)"
        notes.append(f"{why}, so no validation in {', '.join(without)}")
    untrained = sorted(language for language, speakers in seconds.items() if chosen.issuperset(speakers))
    if untrained:
        notes.append(f"whoever speaks there validates, so no training in {', '.join(untrained)}")
    return chosen, notes


def draw_speakers(seconds: Mapping[str, float], *, share: float, seed: str) -> set[str]:
    """Speakers drawn by the seed while they fit into `share`; the shortest if none does, and never the longest."""
    order = sorted(seconds)
    random.Random(seed).shuffle(order)
    # Otherwise a language with one talkative speaker could be left with the rest for training.
    order.remove(max(order, key=seconds.__getitem__))
    room = share * sum(seconds.values())
    chosen = set()
    for name in order:
        if seconds[name] <= room:
            chosen.add(name)
            room -= seconds[name]
    return chosen or {min(order, key=seconds.__getitem__)}
