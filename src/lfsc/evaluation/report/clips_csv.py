"""clips.csv: a line for each clip of each codec."""

import csv
import io

from lfsc.evaluation import codec_metrics
from lfsc.evaluation.clips import Clip
from lfsc.evaluation.report.summary import DIGITS, Report


def clips_csv(report: Report) -> str:
    """A line for each clip of each codec; where a number was not taken its cell is empty, the last column says why."""
    names = [name for name in report.definitions if name not in codec_metrics.DEFINITIONS]
    facts = [name for name in Clip._fields if name not in ("path", "text", "span")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["codec", *facts, "bandwidth", "source_rate", "seconds", "bits", "status", *names, "reason"])
    for judged in report.judged.values():
        for row in judged.rows:
            cells = [round(row.measured[name].value, DIGITS) if name in row.measured else "" for name in names]
            reasons = [row.reason] if row.reason else [f"{name}: {why}" for name, why in row.unmeasured.items()]
            about = [getattr(row.clip, name) for name in facts]
            about += [row.band, row.source_rate, round(row.seconds, DIGITS), "" if row.bits is None else row.bits]
            writer.writerow([row.codec, *about, row.status, *cells, "; ".join(reasons)])
    return text.getvalue()
