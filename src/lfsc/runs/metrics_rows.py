"""The rows of a metrics.csv, for who wants to read one without a trainer."""

import csv
import math
from pathlib import Path

RATE = "throughput/updates_per_second"
# How the names of a validation's metrics begin of which more is better.
HIGHER_IS_BETTER = ("val/si_sdr", "val/codebook_usage", "val/codebook_entropy")
# No run has updates of more digits.
MOST_DIGITS = 15


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows, values as they stand in the file; none where there is no file, and none for a row torn by a kill.

    ValueError for a file that is no log of a run.
    """
    if not path.is_file():
        return []
    lines = path.read_bytes().decode("utf-8", errors="replace").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    try:
        return [row for row in csv.DictReader(whole) if None not in row.values() and is_update(row["update"])]
    except (csv.Error, KeyError) as error:
        raise ValueError(f"{path} is damaged: {error!r}") from error


def is_update(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def best_value(rows: list[dict[str, str]], metric: str, mode: str) -> tuple[float, int] | None:
    """The best value of a metric, by `mode` min or max, and the first update with it; None where no row has one."""
    sign = {"min": 1, "max": -1}[mode]
    values = [(float(row[metric]), int(row["update"])) for row in rows if row.get(metric)]
    finite = [(value, update) for value, update in values if math.isfinite(value)]
    return min(finite, key=lambda found: (sign * found[0], found[1]), default=None)


def hours_of_updates(rows: list[dict[str, str]]) -> list[float]:
    """When each row was written, in hours of updates at the rates that the log has: without validation and waiting."""
    hours, last, times = 0.0, 0, []
    for row in rows:
        if row.get(RATE) and float(row[RATE]) > 0:
            update = int(row["update"])
            hours += (update - last) / float(row[RATE]) / 3600
            last = update
        times.append(hours)
    return times
