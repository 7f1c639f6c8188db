"""What is shown while a corpus is prepared."""

import io

from rich.console import Console

from data_prep.report import Report


def test_progress_takes_one_line_of_a_terminal():
    console = Console(file=io.StringIO(), width=80, markup=False, emoji=False)
    seconds = [1800.0] * 4
    assert list(Report(console).track_reading(seconds, [["a"], [], ["b"], []])) == [["a"], [], ["b"], []]
    (line,) = console.file.getvalue().strip().splitlines()
    assert line.startswith("reading shards ━") and "2.00 h done, 0.00 h left, " in line and " h/s " in line
