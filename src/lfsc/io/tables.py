"""Tables and texts for the terminal."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def make_console(*, stderr: bool = False) -> "Console":
    """What prints names and numbers as they are, whatever they look like."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def make_table(*heads: str) -> "Table":
    """An empty table, in which a narrow terminal breaks names and numbers rather than cutting them off."""
    from rich.table import Table

    table = Table()
    for head in heads:
        table.add_column(head, overflow="fold")
    return table
