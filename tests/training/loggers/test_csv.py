"""A table that outlives kills."""

import pytest

from lfsc.runs.metrics_rows import read_rows
from lfsc.training.loggers.csv import MetricsCSV


@pytest.fixture
def path(tmp_path):
    return tmp_path / "metrics.csv"


@pytest.fixture
def table(path):
    table = MetricsCSV(path)
    for update in (1, 2, 3):
        table.log_metrics({"train/mel": update / 10}, step=update)
    return table


def rows(path):
    return [{name: float(value) for name, value in row.items() if value} for row in read_rows(path)]


def test_one_row_an_update(table, path):
    assert rows(path) == [{"update": update, "train/mel": update / 10} for update in (1, 2, 3)]


def test_values_of_one_update_share_a_row(table, path):
    table.log_metrics({"val/mel": 0.5}, step=3)
    table.log_metrics({"val/mel": 0.6}, step=4)
    assert rows(path)[2:] == [{"update": 3, "train/mel": 0.3, "val/mel": 0.5}, {"update": 4, "val/mel": 0.6}]


def test_a_new_value_widens_the_earlier_rows(table, path):
    table.log_metrics({"val/mel": 0.5}, step=4)
    assert path.read_text().splitlines() == ["update,train/mel,val/mel", "1,0.1,", "2,0.2,", "3,0.3,", "4,,0.5"]


def test_numbers_come_back_to_the_last_bit(table, path):
    table.log_metrics({"val/mel": 0.1 + 0.2}, step=4)
    assert rows(path)[-1]["val/mel"] == 0.1 + 0.2


def test_a_resumed_table_forgets_what_will_come_again(table, path):
    resumed = MetricsCSV(path)
    resumed.resume_at(2)
    resumed.log_metrics({"train/mel": 9.0}, step=3)
    assert [row["train/mel"] for row in rows(path)] == [0.1, 0.2, 9.0]


def test_the_last_row_stays_open_after_a_resume(table, path):
    resumed = MetricsCSV(path)
    resumed.resume_at(3)
    resumed.log_metrics({"val/mel": 0.5}, step=3)
    assert rows(path)[-1] == {"update": 3, "train/mel": 0.3, "val/mel": 0.5}


@pytest.mark.parametrize("bytes_left", range(1, 8))
def test_a_row_torn_by_a_kill_is_forgotten(table, path, bytes_left):
    """However much of `3,0.3` arrived: also `3,0.`, which looks like a row."""
    whole = path.read_bytes()
    start = whole.rindex(b"3,0.3")
    path.write_bytes(whole[: start + bytes_left])
    expected = 3 if whole[: start + bytes_left].endswith(b"\n") else 2
    assert len(read_rows(path)) == expected
    resumed = MetricsCSV(path)
    resumed.resume_at(10)
    resumed.log_metrics({"train/mel": 0.7}, step=4)
    assert [row["update"] for row in rows(path)] == [*range(1, expected + 1), 4]


def test_a_full_disk_is_named(table, path, small_disk):
    whole = path.read_bytes()
    with (
        pytest.raises(OSError, match=r"metrics.csv could not be written, with .* MB free there \(File too large\)$"),
        small_disk(len(whole) + 1),
    ):
        table.log_metrics({"train/mel": 0.123456789}, step=4)
    assert [row["update"] for row in rows(path)] == [1, 2, 3]


def test_a_file_that_is_not_there_has_no_rows(path):
    assert read_rows(path) == []
    MetricsCSV(path).resume_at(5)
    assert path.read_text().split() == ["update"]
