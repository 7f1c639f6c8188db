"""A report as data: what summary.json holds.

metrics.NAME.{mean,low,high,count}                            of the first codec
groups.{language,speaker,corpus,bandwidth}.VALUE.metrics.…    of the first codec, by clips' facts
codecs.LABEL.metrics.…, codecs.LABEL.groups.…                 of each codec, with all else that is known of it
ranks.NAME.LABEL.{rank,ties_with_best,count}                  over the clips that all codecs have
definitions.NAME, not_measured.NAME                           what each number is; why one is not there
"""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import lfsc
from lfsc.evaluation import codec_metrics
from lfsc.evaluation.loudness_shifts import LEVEL_SHIFTS, shift_name
from lfsc.evaluation.runner import Judged, Row
from lfsc.evaluation.statistics import CONFIDENCE, RESAMPLES, SEED, Estimate, estimates, ranks
from lfsc.metrics.metric import Measured, Metric

GROUPS = {
    "language": lambda row: row.clip.language,
    "speaker": lambda row: row.clip.speaker,
    "corpus": lambda row: row.clip.corpus,
    "bandwidth": lambda row: row.band,
}
DIGITS = 6


class Definition(NamedTuple):
    """What the report says about a number."""

    unit: str
    better: str
    sample_rate: int
    source: str
    version: str


class Report(NamedTuple):
    protocol: dict
    definitions: dict[str, Definition]
    judged: dict[str, Judged]
    not_measured: dict[str, str]


def definitions(metrics: list[Metric], sample_rate: int) -> dict[str, Definition]:
    """Of all numbers a report may hold, in its order: clips' metrics, level shifts, and the codec's as a whole."""
    found = {m.name: Definition(m.unit, m.better, m.sample_rate, m.source, m.version) for m in metrics}
    for shift in LEVEL_SHIFTS:
        source = f"loudness_difference with the input {shift:+d} dB, of some clips"
        found[shift_name(shift)] = Definition("LU", "zero", sample_rate, source, f"lfsc {lfsc.__version__}")
    for name, (unit, better, source) in codec_metrics.DEFINITIONS.items():
        found[name] = Definition(unit, better, sample_rate, source, f"lfsc {lfsc.__version__}")
    return found


def summary(report: Report) -> dict:
    """The whole of summary.json."""
    codecs = {label: codec_summary(judged, report) for label, judged in report.judged.items()}
    first = next(iter(codecs.values()))
    return rounded(
        {
            "protocol": report.protocol | {"bootstrap": bootstrap_facts()},
            "definitions": {name: definition._asdict() for name, definition in report.definitions.items()},
            "not_measured": report.not_measured,
            "metrics": first["metrics"],
            "groups": first["groups"],
            "codecs": codecs,
            "ranks": all_ranks(report),
        }
    )


def bootstrap_facts() -> dict:
    return {"resamples": RESAMPLES, "confidence": CONFIDENCE, "seed": SEED, "over": "clips"}


def codec_summary(judged: Judged, report: Report) -> dict:
    good = [row for row in judged.rows if row.status == "ok"]
    names = list(report.definitions)
    metrics = as_dicts(estimates([row.measured for row in good], names))
    metrics |= {
        name: Estimate(value, value, value, 1)._asdict() for name, value in codec_metrics.numbers(judged).items()
    }
    missed = unmeasured(good)
    counted = Counter(row.status for row in judged.rows)
    return {
        "facts": judged.codec.facts(),
        "clips": {status: counted[status] for status in ("ok", "misaligned", "failed")},
        "seconds": sum(row.seconds for row in judged.rows),
        "metrics": metrics,
        "unmeasured": missed,
        "not_measured": codec_metrics.absent(
            judged, [name for name in names if name not in metrics and name not in missed]
        ),
        "bitrate": codec_metrics.bitrates(judged),
        "codebooks": codec_metrics.codebooks(judged),
        "groups": {name: grouped(good, of, names) for name, of in GROUPS.items()},
        "misaligned": {row.clip.key: row.reason for row in judged.rows if row.status == "misaligned"},
        "failed": {row.clip.key: row.reason for row in judged.rows if row.status == "failed"},
        "unpaired": list(judged.unpaired),
    }


def grouped(rows: list[Row], of: Callable[[Row], str], names: list[str]) -> dict:
    by_value: dict[str, list[Row]] = {}
    for row in sorted(rows, key=of):
        by_value.setdefault(of(row) or "unknown", []).append(row)
    return {
        value: {"clips": len(members), "metrics": as_dicts(estimates([row.measured for row in members], names))}
        for value, members in by_value.items()
    }


def as_dicts(found: dict[str, Estimate]) -> dict[str, dict]:
    return {name: estimate._asdict() for name, estimate in found.items()}


def unmeasured(rows: list[Row]) -> dict[str, dict[str, int]]:
    """For each metric, how many clips have no number, by reason."""
    found: dict[str, Counter] = {}
    for row in rows:
        for name, reason in row.unmeasured.items():
            found.setdefault(name, Counter())[reason] += 1
    return {name: dict(sorted(reasons.items())) for name, reasons in sorted(found.items())}


def all_ranks(report: Report) -> dict:
    """For each metric, each codec's place among those that have it, over the clips that all of them have."""
    found = {}
    for name, definition in report.definitions.items():
        contestants = {label: judged for label, judged in report.judged.items() if judged.codec.kind != "identity"}
        having = {label: numbers(judged.rows, name) for label, judged in contestants.items()}
        having = {label: measured for label, measured in having.items() if measured}
        if len(having) > 1:
            found[name] = {label: rank._asdict() for label, rank in ranks(having, definition.better).items()}
    return found


def numbers(rows: list[Row], name: str) -> dict[str, Measured]:
    return {row.clip.key: row.measured[name] for row in rows if row.status == "ok" and name in row.measured}


def rounded(value):
    """The same containers with floats to six decimals."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, DIGITS) if isinstance(value, float) else value
