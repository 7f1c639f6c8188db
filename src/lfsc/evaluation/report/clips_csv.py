"""clips.csv: a line for each clip of each codec."""

import csv
import io

from lfsc.evaluation import codec_metrics
from lfsc.evaluation.report.summary import DIGITS, Report


def clips_csv(report: Report) -> str:
    """A line for each clip of each codec; what was not measured is an empty cell, with its reason at the end."""
    names = [name for name in report.definitions if name not in codec_metrics.DEFINITIONS]
    labels = ("key", "language", "speaker", "corpus")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["codec", *labels, "bandwidth", "source_rate", "seconds", "bits", "status", *names, "reason"])
    for row in (row for result in report.results.values() for row in result.rows):
        cells = [row.codec, *(getattr(row.clip, name) for name in labels), row.bandwidth, row.source_rate]
        cells += [round(row.seconds, DIGITS), "" if row.bits is None else row.bits, row.status]
        cells += [round(row.metrics[name].value, DIGITS) if name in row.metrics else "" for name in names]
        reasons = [row.reason] if row.reason else [f"{name}: {reason}" for name, reason in row.unmeasured.items()]
        writer.writerow([*cells, "; ".join(reasons)])
    return text.getvalue()
