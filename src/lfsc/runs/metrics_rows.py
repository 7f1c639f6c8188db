"""The rows of a metrics.csv, for who wants to read one without a trainer."""

import csv
from pathlib import Path


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows, values as they stand in the file; none where there is no file, and none for a row torn by a kill."""
    if not path.is_file():
        return []
    lines = path.read_bytes().decode("utf-8", errors="replace").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    return [row for row in csv.DictReader(whole) if None not in row.values() and row["update"].isdigit()]
