"""How runs learned, as one picture: python benchmarks/learning.py RUN [RUN …] --out docs/learning.png

By updates: validation mel, bits a token, losses, discriminators' accuracy, gradient norms; and validation mel by hours
of updates, which are those of the machine that trained: compare runs of one machine.
"""

import argparse
from pathlib import Path
from statistics import mean

from matplotlib.figure import Figure

from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import hours_of_updates, read_rows

MEL, HOURS = "validation mel distance", "validation mel distance, by hours"
PANELS = {
    MEL: lambda column: column == "val/mel",
    HOURS: lambda column: column == "val/mel",
    "bits per token, mean over codebooks": lambda column: column == "val/codebook_entropy",
    "training losses": lambda column: column in ("train/mel", "train/stft", "train/discriminator", "train/features"),
    "discriminators' accuracy": lambda column: column.startswith("discriminator/") and column.endswith("/accuracy"),
    "gradient norm": lambda column: column in ("grad_norm/generator", "grad_norm/discriminators"),
}
WINDOW = 10  # rows of a log that are averaged where there are many


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="a PNG")
    options = parser.parse_args()
    figure = Figure(figsize=(12, 11), layout="constrained")
    for axes, (title, belongs) in zip(figure.subplots(3, 2).flat, PANELS.items(), strict=True):
        for path in options.runs:
            rows = read_rows(Run.existing(path).metrics_file)
            draw(axes, rows, hours_of_updates(rows) if title == HOURS else updates(rows), belongs, label=path.name)
        axes.set(title=title, xlabel="hours" if title == HOURS else "updates")
        axes.set(yscale="log" if "norm" in title else "linear")
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(fontsize=7)
    figure.savefig(options.out, dpi=90)
    print(options.out)


def updates(rows: list[dict[str, str]]) -> list[float]:
    return [float(row["update"]) for row in rows]


def draw(axes, rows: list[dict[str, str]], places: list[float], belongs, *, label: str) -> None:
    """A line for each column that belongs to a panel."""
    for column in dict.fromkeys(name for row in rows for name in row if belongs(name)):
        points = [(place, float(row[column])) for place, row in zip(places, rows, strict=True) if row.get(column)]
        if not points:
            continue
        x, y = zip(*points, strict=True)
        window = WINDOW if len(y) > 5 * WINDOW else 1
        smooth = [mean(y[max(0, i - window + 1) : i + 1]) for i in range(len(y))]
        name = column.removeprefix("discriminator/").removesuffix("/accuracy").removeprefix("grad_norm/")
        axes.plot(x, smooth, label=label if column.startswith("val/") else f"{label} {name}", linewidth=1)


if __name__ == "__main__":
    main()
