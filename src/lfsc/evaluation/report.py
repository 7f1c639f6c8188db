"""A report as data: summary.json for machines, clips.csv with a line for each clip of each codec."""

import csv
import io
from collections import Counter
from typing import NamedTuple

import lfsc
from lfsc.evaluation.clips import Clip
from lfsc.evaluation.judging import Judged, Row
from lfsc.evaluation.levels import LEVEL_SHIFTS, shift_name
from lfsc.evaluation.statistics import CONFIDENCE, RESAMPLES, SEED, Estimate, estimates, ranks
from lfsc.metrics.codebook import entropy, entropy_bitrate, usage
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
    source = "level that comes back of digital silence, no less than -120"
    found["silence_floor"] = Definition("dBFS", "lower", sample_rate, source, f"lfsc {lfsc.__version__}")
    return found


def summary(report: Report) -> dict:
    """summary.json: `metrics` are those of the first codec, `codecs` holds everything of each."""
    codecs = {label: codec_summary(judged, report) for label, judged in report.judged.items()}
    return rounded(
        {
            "protocol": report.protocol | {"bootstrap": bootstrap_facts()},
            "definitions": {name: definition._asdict() for name, definition in report.definitions.items()},
            "not_measured": report.not_measured,
            "metrics": next(iter(codecs.values()))["metrics"],
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
    if judged.silence_floor is not None:
        metrics["silence_floor"] = Estimate(*3 * [judged.silence_floor], 1)._asdict()
    counted = Counter(row.status for row in judged.rows)
    return {
        "facts": judged.codec.facts(),
        "clips": {status: counted[status] for status in ("ok", "misaligned", "failed")},
        "seconds": sum(row.seconds for row in judged.rows),
        "metrics": metrics,
        "unmeasured": unmeasured(good),
        "bitrate": bitrates(judged),
        "codebooks": codebooks(judged),
        "groups": {name: grouped(good, of, names) for name, of in GROUPS.items()},
        "misaligned": {row.clip.key: row.reason for row in judged.rows if row.status == "misaligned"},
        "failed": {row.clip.key: row.reason for row in judged.rows if row.status == "failed"},
    }


def grouped(rows: list[Row], of, names: list[str]) -> dict:
    values = sorted({of(row) for row in rows})
    return {
        value or "unknown": as_dicts(estimates([row.measured for row in rows if of(row) == value], names))
        for value in values
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


def bitrates(judged: Judged) -> dict[str, float]:
    """Bits a second: as the codec's design says, as stored of these clips, and as an ideal entropy coder could do."""
    coded = [row for row in judged.rows if row.bits is not None]
    found = {}
    if "bitrate" in judged.codec.facts():
        found["nominal"] = judged.codec.facts()["bitrate"]
    if coded:
        found["stored"] = sum(row.bits for row in coded) / sum(row.seconds for row in coded)
    if judged.counts is not None:
        found["entropy"] = entropy_bitrate(judged.counts, frame_rate=judged.codec.frame_rate)
    return found


def codebooks(judged: Judged) -> dict:
    if judged.counts is None:
        return {}
    size, frames = judged.counts.shape[1], int(judged.counts[0].sum())
    use = {"usage": usage(judged.counts).tolist(), "entropy": entropy(judged.counts).tolist()}
    return {"size": size, "frames": frames} | use


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


def clips_csv(report: Report) -> str:
    """A line for each clip of each codec; where a number was not taken its cell is empty, the last column says why."""
    names = [name for name in report.definitions if name != "silence_floor"]
    facts = [name for name in Clip._fields if name not in ("path", "text", "span")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["codec", *facts, "bandwidth", "source_rate", "seconds", "bits", "status", *names, "reason"])
    for judged in report.judged.values():
        for row in judged.rows:
            cells = [round(row.measured[name].value, DIGITS) if name in row.measured else "" for name in names]
            reasons = [row.reason] if row.reason else [f"{name}: {why}" for name, why in row.unmeasured.items()]
            about = [getattr(row.clip, name) for name in facts] + [
                row.band,
                row.source_rate,
                round(row.seconds, DIGITS),
            ]
            bits = "" if row.bits is None else row.bits
            writer.writerow([row.codec, *about, bits, row.status, *cells, "; ".join(reasons)])
    return text.getvalue()


def rounded(value):
    """The same containers with floats to six decimals."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, DIGITS) if isinstance(value, float) else value
