"""What is advised at the end of a run."""

import shlex

import pytest
import yaml

from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import best_value
from lfsc.runs.status import FINISHED, Status
from lfsc.runs.summary import describe_skipped, resume_command, what_to_do


@pytest.mark.parametrize(
    ("settings", "update", "advice"),
    [
        ({}, 9, " max_updates=18"),
        ({"patience": 2}, 5, " patience=null"),
        ({}, 5, " callbacks=none"),
        ({"debug": {"profile": 3}}, 5, " debug=none"),
    ],
)
def test_a_finished_run_is_resumed_without_what_ended_it(tmp_path, settings, update, advice):
    config = {"debug": {"profile": 0}, "patience": None} | settings
    run = Run(tmp_path / "my run")
    run.path.mkdir()
    run.config_file.write_text(yaml.safe_dump(config))
    status = Status(FINISHED, update, 9, "host", 1, 0.0)
    assert resume_command(run, status) == f"lfsc resume '{run.path}'{advice}"
    words = [shlex.split(line.partition(":")[2]) for line in what_to_do(run, status) if "lfsc" in line]
    assert [word for line in words for word in line if "my" in word] == [str(run.path)] * 2


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("", None),
        ("0,,\n2,0,0\n", None),
        ("2,1,0\n4,,\n", "1 step of the generator"),
        ("2,1,0\n4,3,1200\n", "3 steps of the generator and 1200 steps of the discriminators"),
    ],
)
def test_skipped_steps_are_told_at_the_end(tmp_path, rows, told):
    run = Run(tmp_path)
    run.metrics_file.write_text(f"update,skipped/generator,skipped/discriminators\n{rows}")
    expected = [f"skipped:     {told}, whose losses or gradients were not finite: {run.nonfinite_file}"]
    assert describe_skipped(run) == (expected if told else [])


def test_a_value_that_is_not_a_number_is_not_the_best():
    rows = [{"update": "0", "val/mel": "nan"}, {"update": "5", "val/mel": "0.5"}, {"update": "9", "val/mel": "0.7"}]
    assert best_value(rows, "val/mel", "min") == (0.5, 5)
    assert best_value(rows[:1], "val/mel", "min") is None
