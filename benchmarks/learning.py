"""How runs learned, as one picture: python benchmarks/learning.py RUN [RUN …] --out docs/learning.png

Four panels over updates: validation mel, bits a token, discriminators' accuracy, gradient norms. A second axis of hours
would mislead where machines differ: the hours of each run are in its legend.
"""

import argparse
from pathlib import Path

from matplotlib.figure import Figure

from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import read_rows

PANELS = {
    "validation mel distance": lambda column: column == "val/mel",
    "bits a token, mean over codebooks": lambda column: column == "val/codebook_entropy",
    "discriminators' accuracy": lambda column: column.startswith("discriminator/") and column.endswith("/accuracy"),
    "gradient norm": lambda column: column.startswith("grad_norm/") and "/loss/" not in column,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="a PNG")
    options = parser.parse_args()
    figure = Figure(figsize=(12, 8), layout="constrained")
    for axes, (title, belongs) in zip(figure.subplots(2, 2).flat, PANELS.items(), strict=True):
        for path in options.runs:
            draw(axes, read_rows(Run.existing(path).metrics_file), belongs, label=path.name)
        axes.set(title=title, xlabel="updates", yscale="log" if "norm" in title else "linear")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
    figure.savefig(options.out, dpi=90)
    print(options.out)


def draw(axes, rows: list[dict[str, str]], belongs, *, label: str) -> None:
    """A line for each column that belongs to a panel, smoothed over ten rows where there are many."""
    for column in dict.fromkeys(name for row in rows for name in row if belongs(name)):
        points = [(int(row["update"]), float(row[column])) for row in rows if row.get(column)]
        if not points:
            continue
        updates, values = zip(*points, strict=True)
        window = 10 if len(values) > 50 else 1
        smooth = [sum(values[max(0, i - window + 1) : i + 1]) / len(values[max(0, i - window + 1) : i + 1])
                  for i in range(len(values))]  # fmt: skip
        family = column.removeprefix("discriminator/").removesuffix("/accuracy").removeprefix("grad_norm/")
        axes.plot(updates, smooth, label=label if column.startswith("val/") else f"{label} {family}", linewidth=1)


if __name__ == "__main__":
    main()
