"""The rows of a log that anybody may have written."""

import pytest

from lfsc.runs.metrics_rows import read_rows


def test_rows_of_no_update_are_left_out(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(f"update,val/mel\n1,2\n²,3\n{'9' * 400},4\n2,5\n3,")
    assert read_rows(path) == [{"update": "1", "val/mel": "2"}, {"update": "2", "val/mel": "5"}]


@pytest.mark.parametrize("text", ["val/mel\n1\n", "update,val/mel\n1," + "1" * 200_000 + "\n"])
def test_what_is_no_log_is_refused(text, tmp_path):
    (tmp_path / "metrics.csv").write_text(text)
    with pytest.raises(ValueError, match=r"metrics\.csv is damaged: "):
        read_rows(tmp_path / "metrics.csv")
