"""Tables for the terminal."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


def make_table(*heads: str) -> "Table":
    """An empty table, in which a narrow terminal breaks names and numbers rather than cutting them off."""
    from rich.table import Table

    table = Table()
    for head in heads:
        table.add_column(head, overflow="fold")
    return table
