import io

from rich.console import Console

from lfsc.io.tables import make_table


def test_a_narrow_terminal_cuts_nothing_off():
    table = make_table("run", "best", "state")
    table.add_row("a_run_with_a_long_name", "val/mel 0.5591 at 150", "finished")
    printed = io.StringIO()
    Console(file=printed, width=30).print(table)
    assert "…" not in printed.getvalue()
    cells = [line.split("│")[1].strip() for line in printed.getvalue().splitlines() if line.startswith("│")]
    assert "".join(cells) == "a_run_with_a_long_name"
