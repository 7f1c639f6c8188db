"""What a finished run came to, for the person who started it."""

from lfsc.training.metrics_csv import read_rows
from lfsc.training.run import Run

TABLE = ("val/mel", "val/stft", "val/si_sdr", "val/codebook_usage", "val/codebook_entropy")


def show_result(run: Run) -> int:
    """Print where the run is, what its validation did, and how to listen; 0."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    status = run.status()
    rows = [row for row in read_rows(run.metrics_file) if row.get("val/mel")]
    if rows:
        table = Table("update", *(name.removeprefix("val/").replace("_", " ") for name in TABLE))
        for row in rows if len(rows) <= 8 else [rows[0], *rows[-7:]]:
            table.add_row(row["update"], *(f"{float(row[name]):.4g}" for name in TABLE))
        console.print(table)
    console.print(f"{run.path}: {status.state} at update {status.update} of {status.max_updates}", soft_wrap=True)
    console.print(f"listen:      {run.samples}/original/*.wav against {newest_samples(run)}/*.wav", soft_wrap=True)
    console.print(f"losses:      {run.metrics_file}", soft_wrap=True)
    console.print(f"your speech: lfsc reconstruct YOUR.wav OUT.wav --codec {run.path}", soft_wrap=True)
    console.print(f"go on:       lfsc resume {run.path} max_updates={2 * status.max_updates}", soft_wrap=True)
    return 0


def newest_samples(run: Run) -> str:
    return str(max(run.samples.glob("update-*"), default=run.samples))
