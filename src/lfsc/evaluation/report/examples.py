"""Clips to listen to: the worst and the best, with everything a page shows of them."""

from typing import NamedTuple

import torch
from torch import Tensor

from lfsc.evaluation.clips import Clip
from lfsc.evaluation.runner import Judged, Row

WORST, BEST = 2, 2
MAX_SECONDS = 8
NOTED = ("mel_distance", "pesq", "stoi")


class Example(NamedTuple):
    clip: Clip
    why: str
    original: Tensor  # [T]
    reconstructions: dict[str, Tensor]
    notes: dict[str, str]  # under each reconstruction


def examples(judged: dict[str, Judged], *, by: str, better: str, sample_rate: int) -> list[Example]:
    """The clips on which the first codec is worst and best in the metric `by`, and the worst of each other codec.

    They are coded once more: a codec gives the same again, and nothing has to be kept for all clips.
    """
    return [example(clip, why, judged, sample_rate) for clip, why in chosen(judged, by, better).values()]


def chosen(judged: dict[str, Judged], by: str, better: str) -> dict[str, tuple[Clip, str]]:
    found: dict[str, tuple[Clip, str]] = {}
    for place, (label, one) in enumerate(judged.items()):
        sign = -1 if better == "higher" else 1
        rows = [row for row in one.rows if row.status == "ok" and by in row.measured]
        rows.sort(key=lambda row: (-sign * row.measured[by].value, row.clip.key))
        worst = WORST if place == 0 else 1
        best = range(max(worst, len(rows) - BEST), len(rows)) if place == 0 else ()
        places = [("worst", index) for index in range(min(worst, len(rows)))] + [("best", index) for index in best]
        for word, index in places:
            clip = rows[index].clip
            found.setdefault(clip.key, (clip, f"{word} of {label}: {by} {rows[index].measured[by].value:.3f}"))
    return found


def example(clip: Clip, why: str, judged: dict[str, Judged], sample_rate: int) -> Example:
    original = clip.load(sample_rate).audio
    length = min(len(original), MAX_SECONDS * sample_rate)
    reconstructions, notes = {}, {}
    for label, one in judged.items():
        row = next((row for row in one.rows if row.clip == clip and row.status != "failed"), None)
        # The original itself is there already.
        if row and one.codec.kind != "identity":
            with torch.inference_mode():
                coded = one.codec.reconstruct(clip, original, sample_rate=sample_rate)
            reconstructions[label] = coded.audio[:length]
            notes[label] = noted(row)
    return Example(clip, why, original[:length], reconstructions, notes)


def noted(row: Row) -> str:
    if row.status != "ok":
        return f"{row.status}, {row.reason}"
    return ", ".join(f"{name} {row.measured[name].value:.3g}" for name in NOTED if name in row.measured)
