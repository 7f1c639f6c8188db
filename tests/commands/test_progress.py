"""The bar of commands over many files."""

import pytest

from lfsc.commands.progress import Progress


@pytest.mark.parametrize("columns", [10, 60, 80, 120])
def test_a_bar_fits_the_terminal(columns):
    """One as long as the terminal is broken by it, and its first line stays when the next is drawn."""
    progress = Progress("lfsc reconstruct", count=1000, work=1000.0)
    progress.advance(work=400.0, audio_seconds=3600.0)
    progress.begun -= 100.0
    line = progress.line(columns)
    assert len(line) < columns
    assert line.startswith("lfsc reconstruct"[: columns - 1])
    assert columns < 80 or "1/1000, 1:00:00 of audio, 36 times real time, 2:30 min left" in line
    assert columns < 120 or (line.count("━") == 8 and line.count("╌") == 12)


def test_nothing_is_cut_where_there_is_no_terminal():
    progress = Progress("lfsc encode", count=1, work=1.0)
    progress.advance(work=1.0, audio_seconds=1.0)
    assert progress.line().endswith("times real time") and progress.line().count("━") == 20
