"""What is shown while a corpus is prepared."""

import io

import pytest
from rich.console import Console

from data_prep.report import Report


def test_progress_takes_one_line_of_a_terminal():
    console = Console(file=io.StringIO(), width=80, markup=False, emoji=False)
    seconds = [1800.0] * 4
    assert list(Report(console).track_reading(seconds, [["a"], [], ["b"], []])) == [["a"], [], ["b"], []]
    (line,) = console.file.getvalue().strip().splitlines()
    assert line.startswith("reading shards ━") and "2.00 h done, 0.00 h left, " in line and " h/s " in line


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([{"samples": 3}, {"samples": 2, "quiet": 0}], ""),
        ([{"samples": 1, "quiet": 1}], "1 of 1 utterance: under -45 dB RMS"),
        ([{"samples": 3, "quiet": 1}, {"samples": 3, "quiet": 2}], "3 of 6 utterances: under -45 dB RMS"),
        ([{"samples": 3, "quiet": 0, "narrow": 2}], "2 of 3 utterances: nothing above 4.5 kHz"),
    ],
)
def test_poor_recordings_are_counted(records, said):
    console = Console(file=io.StringIO(), width=80, markup=False, emoji=False)
    Report(console).show_poor(records)
    assert console.file.getvalue().startswith(said) and bool(console.file.getvalue()) == bool(said)
