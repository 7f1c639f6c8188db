"""What is advised at the end of a run."""

import shlex

import pytest
import yaml

from lfsc.runs.directory import Run
from lfsc.runs.status import FINISHED, Status
from lfsc.runs.summary import resume_command, what_to_do


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
