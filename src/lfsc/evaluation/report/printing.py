"""The part of a report that goes to the terminal: a table of means, and what is in none."""

import sys

from rich.table import Table

from lfsc.io.messages import say_count

ARROWS = {"higher": "↑", "lower": "↓", "zero": "→0"}
MAX_NAMES = 5
NAME_WIDTH, COLUMN_WIDTH = 30, 11  # letters that a table has for the names of metrics, and for a codec


def means_tables(summary: dict, width: int) -> list[Table]:
    """A line for each metric, a column for each codec; several tables where they are too many for `width` letters."""
    labels = list(summary["codecs"])
    columns = max(1, (width - NAME_WIDTH) // COLUMN_WIDTH)
    return [means_table(summary, labels[first : first + columns]) for first in range(0, len(labels), columns)]


def means_table(summary: dict, labels: list[str]) -> Table:
    table = Table(caption="means over clips; their intervals are in the report")
    table.add_column("", overflow="fold")
    for label in labels:
        # Whatever the width of the terminal, numbers stay whole.
        table.add_column(label, justify="right", overflow="fold", min_width=8)
    codecs = [summary["codecs"][label] for label in labels]
    for name, definition in summary["definitions"].items():
        means = [codec["metrics"].get(name, {}).get("mean") for codec in codecs]
        if any(mean is not None for mean in means):
            heading = f"{name} {ARROWS[definition['better']]} {definition['unit']}".rstrip()
            table.add_row(heading, *("" if mean is None else f"{mean:.3f}" for mean in means))
    table.add_row("clips", *(str(codec["clips"]["ok"]) for codec in codecs))
    return table


def print_exclusions(summary: dict) -> None:
    """On stderr: metrics that were not measured, clips that are in no mean, recordings without an original."""
    reasons: dict[str, list[str]] = {}
    for name, reason in summary["not_measured"].items():
        reasons.setdefault(reason, []).append(name)
    lines = [f"{', '.join(names)} not measured: {reason}" for reason, names in reasons.items()]
    for label, codec in summary["codecs"].items():
        for status in ("failed", "misaligned"):
            lines += [f"{label}: {key} {status}: {reason}" for key, reason in codec[status].items()]
        if unpaired := codec["unpaired"]:
            names = ", ".join(unpaired[:MAX_NAMES]) + (", …" if len(unpaired) > MAX_NAMES else "")
            lines.append(
                f"{label}: {say_count(len(unpaired), 'recording')} without an original, not evaluated: {names}"
            )
    for line in lines:
        print(line, file=sys.stderr)
