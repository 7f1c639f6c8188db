"""Clips to listen to: the worst and the best, with everything that a page shows of them."""

from typing import NamedTuple

import torch
from torch import Tensor

from lfsc.evaluation.clips import Clip
from lfsc.evaluation.runner import ClipResult, CodecResult
from lfsc.evaluation.statistics import COSTS

WORST, BEST = 2, 2
MAX_SECONDS = 8
CAPTION_METRICS = ("mel_distance", "pesq", "stoi")


class Example(NamedTuple):
    clip: Clip
    reason: str
    original: Tensor  # [T]
    reconstructions: dict[str, Tensor]
    captions: dict[str, str]  # of each reconstruction


def load_examples(results: dict[str, CodecResult], *, by: str, better: str, sample_rate: int) -> list[Example]:
    """The clips on which the first codec is worst and best in the metric `by`, and the worst of each other codec.

    They are coded once more: a codec gives the same again, and nothing has to be kept for all clips.
    """
    chosen = choose_clips(results, by, better)
    return [load_example(clip, reason, results, sample_rate) for clip, reason in chosen.values()]


def choose_clips(results: dict[str, CodecResult], by: str, better: str) -> dict[str, tuple[Clip, str]]:
    """The clips by their keys, each with the reason why it was chosen."""
    chosen: dict[str, tuple[Clip, str]] = {}
    for index, (label, result) in enumerate(results.items()):
        rows = [row for row in result.rows if row.status == "ok" and by in row.metrics]
        rows.sort(key=lambda row: (-COSTS[better](row.metrics[by].value), row.clip.key))
        ends = [("worst", row) for row in rows[: 1 if index else WORST]]
        if index == 0:
            ends += [("best", row) for row in rows[WORST:][-BEST:]]
        for word, row in ends:
            chosen.setdefault(row.clip.key, (row.clip, f"{word} of {label}: {by} {row.metrics[by].value:.3f}"))
    return chosen


def load_example(clip: Clip, reason: str, results: dict[str, CodecResult], sample_rate: int) -> Example:
    original = clip.load(sample_rate).audio
    length = min(len(original), MAX_SECONDS * sample_rate)
    reconstructions, captions = {}, {}
    for label, result in results.items():
        row = next((row for row in result.rows if row.clip == clip and row.status != "failed"), None)
        # The original itself is there already.
        if row and result.codec.kind != "identity":
            with torch.inference_mode():
                reconstruction = result.codec.reconstruct(clip.key, original, sample_rate=sample_rate)
            reconstructions[label] = reconstruction.audio[:length]
            captions[label] = caption(row)
    return Example(clip, reason, original[:length], reconstructions, captions)


def caption(row: ClipResult) -> str:
    if row.status != "ok":
        return f"{row.status}, {row.reason}"
    return ", ".join(f"{name} {row.metrics[name].value:.3g}" for name in CAPTION_METRICS if name in row.metrics)
