"""metrics.csv: one row per update, one column per value."""

import csv
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from lfsc.io import atomic
from lfsc.runs.metrics_rows import read_rows


class MetricsCSV(Logger):
    """Appends rows as they come, widens the file when a new value appears, and continues a file that is there."""

    def __init__(self, path: Path):
        super().__init__()
        self.path = path
        self.columns = ["update"]
        self.row: dict[str, Any] = {}
        self.row_start = 0  # where the row of the current update begins in the file

    @property
    def name(self) -> str:
        return "csv"

    @property
    def version(self) -> str:
        return ""

    @rank_zero_only
    def log_hyperparams(self, *_, **__) -> None:
        """The run keeps its config.yaml."""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Add values to the row of update `step`."""
        new = [name for name in metrics if name not in self.columns]
        if new or not self.path.is_file():
            self.rewrite([*self.columns, *new], read_rows(self.path))
        if self.row.get("update") != step:
            self.row = {"update": step}
            self.row_start = self.path.stat().st_size
        self.row |= metrics
        with atomic.naming(self.path, OSError), self.path.open("r+", newline="", encoding="utf-8") as file:
            file.seek(self.row_start)
            file.truncate()
            csv.DictWriter(file, self.columns).writerow(self.row)
        # A checkpoint that outlives a power cut must find the rows before it.
        atomic.sync(self.path)

    @rank_zero_only
    def resume_at(self, update: int) -> None:
        """Forget the rows after `update`, which will be written again; one torn by a kill is forgotten as well."""
        rows = [row for row in read_rows(self.path) if int(row["update"]) <= update]
        self.rewrite(list(rows[0]) if rows else ["update"], rows)

    def rewrite(self, columns: list[str], rows: list[dict[str, Any]]) -> None:
        self.columns = columns
        with atomic.replacing(self.path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        self.resume_row(rows)

    def resume_row(self, rows: list[dict[str, Any]]) -> None:
        """The last row stays open: more values of the same update may come."""
        if not rows:
            self.row, self.row_start = {}, self.path.stat().st_size
            return
        self.row = {**rows[-1], "update": int(rows[-1]["update"])}
        text = self.path.read_bytes()
        self.row_start = text.rstrip(b"\r\n").rfind(b"\n") + 1
