"""Tables and texts for the terminal."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def make_console(*, stderr: bool = False) -> "Console":
    """What prints names and numbers as they are, whatever they look like."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def make_table(*heads: str) -> "Table":
    """An empty table, for `print_table`."""
    from rich.table import Table

    return Table(*heads)


def print_table(table: "Table", console: "Console") -> None:
    """Print a table with all its names and numbers whole, in longer lines than the terminal's where they need them."""
    from rich.measure import Measurement

    unlimited = console.options.update(width=sys.maxsize)
    for column in table.columns:
        cells = [Measurement.get(console, unlimited, cell) for cell in (column.header, *column.cells)]
        column.min_width = max(cell.minimum for cell in cells)
        # The columns that have spaces become narrower before the others do.
        column.no_wrap = column.min_width == max(cell.maximum for cell in cells)
    # Of each column also a border and a space on both sides.
    least = 1 + sum(3 + (column.min_width or 0) for column in table.columns)
    table.width = least if least > console.width else None
    console.print(table, crop=False)
