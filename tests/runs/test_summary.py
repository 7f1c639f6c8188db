"""What is advised at the end of a run."""

import pytest
import yaml

from lfsc.runs.directory import Run
from lfsc.runs.status import FINISHED, Status
from lfsc.runs.summary import resume_command


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
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    status = Status(FINISHED, update, 9, "host", 1, 0.0)
    assert resume_command(Run(tmp_path), status) == f"lfsc resume {tmp_path}{advice}"
