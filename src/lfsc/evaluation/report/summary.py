"""A report as data: what summary.json holds.

metrics.NAME.{mean,low,high,count}                            of the first codec
groups.{language,speaker,corpus,bandwidth}.VALUE.metrics.…    of the first codec, by labels of the clips
codecs.LABEL.metrics.…, codecs.LABEL.groups.…                 of each codec, with all else that is known of it
ranks.NAME.LABEL.{rank,ties_with_best,count}                  over the clips that all codecs have
definitions.NAME, not_measured.NAME                           what each metric is; why one is not there
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import NamedTuple

import lfsc
from lfsc.evaluation import codec_metrics
from lfsc.evaluation.loudness_shifts import LEVEL_SHIFTS, shift_name
from lfsc.evaluation.runner import ClipResult, CodecResult
from lfsc.evaluation.statistics import CONFIDENCE, RESAMPLES, SEED, Estimate, estimate_means, rank_codecs
from lfsc.metrics.metric import Measurement, Metric

GROUPS: dict[str, Callable[[ClipResult], str]] = {
    "language": lambda row: row.clip.language,
    "speaker": lambda row: row.clip.speaker,
    "corpus": lambda row: row.clip.corpus,
    "bandwidth": lambda row: row.bandwidth,
}
DIGITS = 6


class Definition(NamedTuple):
    """What the report says about a metric."""

    unit: str
    better: str
    sample_rate: int
    source: str
    version: str


class Report(NamedTuple):
    protocol: dict
    definitions: dict[str, Definition]
    results: dict[str, CodecResult]
    not_measured: dict[str, str]


def definitions(metrics: list[Metric], sample_rate: int) -> dict[str, Definition]:
    """All metrics that a report may hold, in its order: of clips, of loudness shifts, and of the whole codec."""
    found = {m.name: Definition(m.unit, m.better, m.sample_rate, m.source, m.version) for m in metrics}
    version = f"lfsc {lfsc.__version__}"
    for shift in LEVEL_SHIFTS:
        source = f"loudness_difference with the input {shift:+d} dB, of some clips"
        found[shift_name(shift)] = Definition("LU", "zero", sample_rate, source, version)
    for name, (unit, better, source) in codec_metrics.DEFINITIONS.items():
        found[name] = Definition(unit, better, sample_rate, source, version)
    return found


def summarize(report: Report) -> dict:
    """The whole of summary.json."""
    codecs = {label: summarize_codec(result, report) for label, result in report.results.items()}
    first = next(iter(codecs.values()))
    bootstrap = {"resamples": RESAMPLES, "confidence": CONFIDENCE, "seed": SEED, "over": "clips"}
    return round_floats(
        {
            "protocol": report.protocol | {"bootstrap": bootstrap},
            "definitions": {name: definition._asdict() for name, definition in report.definitions.items()},
            "not_measured": report.not_measured,
            "metrics": first["metrics"],
            "groups": first["groups"],
            "codecs": codecs,
            "ranks": summarize_ranks(report),
        }
    )


def summarize_codec(result: CodecResult, report: Report) -> dict:
    good = [row for row in result.rows if row.status == "ok"]
    names = list(report.definitions)
    metrics = summarize_means(good, names)
    metrics |= {name: asdict(Estimate(value, value, value, 1)) for name, value in codec_metrics.measure(result).items()}
    unmeasured = count_unmeasured(good)
    missing = [name for name in names if name not in metrics and name not in unmeasured]
    statuses = Counter(row.status for row in result.rows)
    return {
        "facts": result.codec.facts(),
        "clips": {status: statuses[status] for status in ("ok", "misaligned", "failed")},
        "seconds": sum(row.seconds for row in result.rows),
        "metrics": metrics,
        "unmeasured": unmeasured,
        "not_measured": codec_metrics.explain_missing(result, missing),
        "bitrate": codec_metrics.bitrates(result),
        "codebooks": codec_metrics.codebook_usage(result),
        "groups": {name: summarize_group(good, label, names) for name, label in GROUPS.items()},
        "misaligned": {row.clip.key: row.reason for row in result.rows if row.status == "misaligned"},
        "failed": {row.clip.key: row.reason for row in result.rows if row.status == "failed"},
        "unpaired": list(result.unpaired),
    }


def summarize_group(rows: list[ClipResult], label: Callable[[ClipResult], str], names: list[str]) -> dict:
    """Means over the clips of each value of a label."""
    by_value: dict[str, list[ClipResult]] = {}
    for row in sorted(rows, key=label):
        by_value.setdefault(label(row) or "unknown", []).append(row)
    return {
        value: {"clips": len(members), "metrics": summarize_means(members, names)}
        for value, members in by_value.items()
    }


def summarize_means(rows: list[ClipResult], names: list[str]) -> dict[str, dict]:
    estimates = estimate_means([row.metrics for row in rows], names)
    return {name: asdict(estimate) for name, estimate in estimates.items()}


def count_unmeasured(rows: list[ClipResult]) -> dict[str, dict[str, int]]:
    """For each metric, how many clips have no value, by reason."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        for name, reason in row.unmeasured.items():
            found.setdefault(name, Counter())[reason] += 1
    return {name: dict(sorted(reasons.items())) for name, reasons in sorted(found.items())}


def summarize_ranks(report: Report) -> dict:
    """For each metric, each codec's rank among those that have it, over the clips that all of them have."""
    ranked = {label: result for label, result in report.results.items() if result.codec.kind != "identity"}
    found = {}
    for name, definition in report.definitions.items():
        by_codec = {label: metric_by_clip(result.rows, name) for label, result in ranked.items()}
        by_codec = {label: by_key for label, by_key in by_codec.items() if by_key}
        if len(by_codec) > 1:
            ranks = rank_codecs(by_codec, definition.better)
            found[name] = {label: asdict(rank) for label, rank in ranks.items()}
    return found


def metric_by_clip(rows: list[ClipResult], name: str) -> dict[str, Measurement]:
    """One metric of the good clips, by their keys."""
    return {row.clip.key: row.metrics[name] for row in rows if row.status == "ok" and name in row.metrics}


def round_floats(value):
    """The same containers with floats to six decimals."""
    if isinstance(value, dict):
        return {key: round_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [round_floats(item) for item in value]
    return round(value, DIGITS) if isinstance(value, float) else value
