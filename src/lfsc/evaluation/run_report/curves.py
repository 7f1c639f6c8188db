"""The columns of runs' metrics.csv as curves: coordinates for SVG."""

import re
from math import isfinite
from statistics import mean
from typing import NamedTuple

# What a column belongs to; one that fits nowhere is among the others.
GROUPS = {
    "Validation": r"val/(?!codebook_\w+_\d+$)",
    "Training losses": r"train/",
    "Discriminators": r"discriminator/.*/accuracy$",
    "Codebooks": r"codebook/|val/codebook_entropy_\d+$",
    "Gradients and learning rates": r"grad_norm/|lr/|skipped/",
    "Speed, memory and data": r"throughput/|data/|checkpoint/|warmup/",
    "Others": r"(?!update$|val/codebook_|discriminator/)",
}
WIDTH, HEIGHT = 240, 80
MOST_POINTS = 240  # of a curve; where there are more rows, neighbours are averaged


class Curve(NamedTuple):
    points: str  # "x,y x,y …", y downwards; empty where no number is finite
    last: float  # not finite where the training came to that

    @property
    def is_dot(self) -> bool:
        return len(self.points.split()) == 1


class Plot(NamedTuple):
    """One column of every run that has it."""

    column: str
    low: float
    high: float
    updates: int  # at the right end
    curves: dict[str, Curve]


def plot_groups(runs: dict[str, list[dict[str, str]]]) -> dict[str, list[Plot]]:
    """For each group with numbers its plots; `runs` are rows of metrics.csv by the runs' names."""
    columns = dict.fromkeys(column for rows in runs.values() for row in rows for column in row)
    groups: dict[str, list[Plot]] = {}
    for column in columns:
        group = next((name for name, pattern in GROUPS.items() if re.match(pattern, column)), None)
        plot = plot_column(column, runs) if group else None
        if group and plot:
            groups.setdefault(group, []).append(plot)
    return {name: groups[name] for name in GROUPS if name in groups}


def plot_column(column: str, runs: dict[str, list[dict[str, str]]]) -> Plot | None:
    """The curves of a column, all on the same axes; None where no run has a number in it."""
    series = {name: numbers_of(column, rows) for name, rows in runs.items()}
    finite = {name: [point for point in points if isfinite(point[1])] for name, points in series.items()}
    values = [value for points in finite.values() for _, value in points]
    if not values:
        return None
    low, high = min(values), max(values)
    updates = max(update for points in series.values() for update, _ in points)
    across, up = WIDTH / max(1, updates), HEIGHT / ((high - low) or 1.0)
    curves = {
        name: Curve(
            " ".join(
                f"{update * across:.1f},{HEIGHT - (value - low) * up:.1f}" for update, value in thin_out(finite[name])
            ),
            points[-1][1],
        )
        for name, points in series.items()
        if points
    }
    return Plot(column, low, high, updates, curves)


def numbers_of(column: str, rows: list[dict[str, str]]) -> list[tuple[int, float]]:
    """Updates and values of a column; ValueError for a cell that is no number."""
    return [(int(row["update"]), float(row[column])) for row in rows if row.get(column)]


def thin_out(points: list[tuple[int, float]]) -> list[tuple[float, float]]:
    """Means over so many neighbours that few enough points are left."""
    size = -(-len(points) // MOST_POINTS)
    parts = [points[start : start + size] for start in range(0, len(points), size)]
    return [(mean(update for update, _ in part), mean(value for _, value in part)) for part in parts]
