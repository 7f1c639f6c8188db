"""Sweeps whose trials are over at once."""

import sys
from pathlib import Path

import pytest

from lfsc.sweep import trial
from lfsc.sweep.queue import retry_failed
from lfsc.sweep.search_space import parse
from lfsc.sweep.study import Plan, open_study
from lfsc.sweep.workers import TrialWorkers

SCRIPT = Path(__file__).with_name("fake_train.py")
PLAN = Plan(recipe="demo", items=[], objective="val/mel", direction="minimize", trials=4, sampler="grid", pruner="none")


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """A function that starts, or resumes, a sweep over items; it returns the study and what was reported."""
    monkeypatch.setattr(
        trial, "train_command", lambda recipe, overrides, own_code: [sys.executable, str(SCRIPT), *overrides]
    )
    monkeypatch.setattr(trial, "POLL", 0.02)

    def run(*items, count=1, folder=tmp_path / "sweeps" / "one", storage=None, retries=False, **plan):
        space = parse(items)
        planned = PLAN._replace(items=list(items), **plan)
        if planned.sampler == "grid" and "trials" not in plan:
            planned = planned._replace(trials=len(space.grid))
        study = open_study(planned, space, folder=folder, storage=storage)
        if retries:
            retry_failed(study)
        reported = []
        workers = TrialWorkers(study=study, plan=planned, space=space, folder=folder, count=count, say=reported.append)
        run.ended = workers.run()
        return study, reported

    run.folder = tmp_path / "sweeps" / "one"
    return run
