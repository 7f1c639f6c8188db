"""lfsc runs [DIR]"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lfsc.runs.directory import Run
    from lfsc.runs.status import Status


class Row(NamedTuple):
    name: str
    recipe: str
    updates: str
    best: str
    state: str
    last_heartbeat: str


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="lfsc runs", description="The runs below a folder, the one with the last heartbeat first."
    )
    parser.add_argument("folder", nargs="?", default="runs", help="where to look (default: runs)")
    options = parser.parse_args(arguments)

    folder = Path(options.folder)
    rows = [row_or_damage(run, folder) for run in runs_below(folder)]
    if not rows:
        raise ValueError(f"no run below {folder}; `lfsc train RECIPE` makes one")
    show([row for _, row in sorted(rows, key=lambda pair: -pair[0])])
    return 0


def runs_below(folder: Path) -> Iterator["Run"]:
    from lfsc.runs.directory import STATUS, Run

    for path in sorted(folder.rglob(STATUS)):
        run = Run(path.parent)
        if run.config_file.is_file() or is_ours(run):  # other programs have a status.json too
            yield run


def is_ours(run: "Run") -> bool:
    """Whether a folder without a configuration is a run that ended before it had one."""
    try:
        return run.status() is not None
    except ValueError:
        return False


def show(rows: list[Row]) -> None:
    from lfsc.io.messages import printable
    from lfsc.io.tables import make_console, make_table, print_table

    table = make_table("run", "recipe", "updates", "best", "state", "last heartbeat")
    for row in rows:
        table.add_row(*map(printable, row))
    print_table(table, make_console())


def row_or_damage(run: "Run", folder: Path) -> tuple[float, Row]:
    """When a run last reported, and its row; one that is damaged does not hide the others."""
    name = run.path.name if run.path == folder else str(run.path.relative_to(folder))
    try:
        status = run.status()
        if status is None:
            raise ValueError("status.json is no file")
        return status.last_heartbeat, row_of(run, name, status)
    except KeyError as error:
        return 0.0, Row(name, "", "", "", f"damaged: {run.config_file.name} has no {error}", "")
    except (ValueError, TypeError, AttributeError, OSError) as error:
        return 0.0, Row(name, "", "", "", f"damaged: {error}", "")


def row_of(run: "Run", name: str, status: "Status") -> Row:
    return Row(
        name=name,
        recipe=str(run.environment().get("recipe") or ""),
        updates=f"{status.update} of {status.max_updates}",
        best=best_of(run),
        state=status.effective_state + (f": {status.message}" if status.message else ""),
        last_heartbeat=ago(time.time() - status.last_heartbeat),
    )


def best_of(run: "Run") -> str:
    """The best value of the metric that the run keeps its best checkpoints by."""
    from lfsc.runs.metrics_rows import best_value, read_rows

    if not run.config_file.is_file():
        return ""
    config = run.config()
    best = best_value(read_rows(run.metrics_file), config["monitor"], config["mode"])
    return f"{config['monitor']} {best[0]:.4g} at {best[1]}" if best else ""


def ago(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{max(0, seconds):.0f} s ago"
