import io

import pytest
from rich.console import Console

from lfsc.io.tables import make_table, print_table


@pytest.mark.parametrize("width", [1, 30, 40])
def test_a_narrow_terminal_breaks_no_name_and_no_number(width):
    table = make_table("run", "best", "state")
    table.add_row("a_run_with_a_long_name", "val/mel 0.5591 at 150", "finished")
    printed = io.StringIO()
    print_table(table, Console(file=printed, width=width))
    words = printed.getvalue().replace("│", " ").split()
    assert {"a_run_with_a_long_name", "val/mel", "0.5591", "finished"} <= set(words)


def test_a_wide_terminal_has_each_row_in_one_line():
    table = make_table("run", "best")
    table.add_row("mine", "val/mel 0.5591 at 150")
    printed = io.StringIO()
    print_table(table, Console(file=printed, width=80))
    assert "│ mine │ val/mel 0.5591 at 150 │" in printed.getvalue()
