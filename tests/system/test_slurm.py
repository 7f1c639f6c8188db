"""What Slurm starts, by the variables that it sets."""

import os
import subprocess
import sys

import pytest

from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import read_rows

pytestmark = pytest.mark.slow


def start_tasks(micro, corpus, root, names, *overrides):
    """Two tasks of one step; their exit statuses and what they said."""
    tasks = []
    for number, name in enumerate(names):
        slurm = {
            "SLURM_NTASKS": "2", "SLURM_JOB_ID": "1", "SLURM_JOB_NAME": "train", "SLURM_NODEID": "0",
            "SLURM_NODELIST": "localhost", "SLURM_PROCID": str(number), "SLURM_LOCALID": str(number),
        }  # fmt: skip
        items = [f"data.path={corpus}", f"runs_root={root}", f"name={name}", "max_updates=2", "trainer=cpu", *overrides]
        command = [sys.executable, "-m", "lfsc", "train", str(micro.RECIPE), *items]
        environment = {**os.environ, **slurm, "OMP_NUM_THREADS": "1"}
        tasks.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
    said = [task.communicate(timeout=240)[1] for task in tasks]
    return [task.returncode for task in tasks], said


def test_two_tasks_do_not_train_one_run_each(micro, noise_corpus, tmp_path):
    codes, said = start_tasks(micro, noise_corpus, tmp_path, ["one", "one"])
    assert codes == [2, 2], said
    assert all("2 tasks of Slurm were started for" in text and "trainer=ddp" in text for text in said)
    assert "Traceback" not in "".join(said)
    assert [path.name for path in (tmp_path / "one").iterdir() if path.name != ".lock"] == ["status.json"]
    assert Run(tmp_path / "one").status().state == "failed"


def test_a_run_in_each_task_logs_in_each(micro, noise_corpus, tmp_path):
    codes, said = start_tasks(micro, noise_corpus, tmp_path, ["a", "b"])
    assert codes == [0, 0], said
    for name in ("a", "b"):
        run = Run(tmp_path / name)
        assert [row["update"] for row in read_rows(run.metrics_file)] == ["0", "1", "2"]
        assert run.status().state == "finished" and run.has_checkpoint()


def test_what_lightning_does_not_take_of_slurm_is_told_in_one_line(micro, noise_corpus, tmp_path):
    codes, said = start_tasks(micro, noise_corpus, tmp_path, ["a", "b"], "trainer=ddp", "trainer.accelerator=cpu")
    assert codes == [2, 2]
    assert all("Traceback" not in text and "--ntasks-per-node=2" in text for text in said), said
