"""Shards that break while two ranks train on them, from the command line on the CPU."""

import os
import re
import signal
import subprocess
import sys

import pytest
from processes import wait_for

from lfsc.runs.directory import Run

pytestmark = pytest.mark.slow
ON_TWO = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "validate_every=100000", "checkpoint_every=2")


def truncate(shard):
    os.truncate(shard, 0)


def train(micro, data, runs_root, *items):
    """The process of a run on two ranks, once it has a checkpoint."""
    line = [sys.executable, "-m", "lfsc", "train", str(micro.RECIPE), f"data.path={data}", f"runs_root={runs_root}"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [*line, *ON_TWO, *items], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    wait_for(lambda: Run(runs_root / "demo").has_checkpoint() or process.poll() is not None)
    return process


@pytest.mark.parametrize(
    ("damage", "rank", "workers"), [(truncate, 0, 0), (truncate, 1, 1), (os.unlink, 0, 1), (os.unlink, 1, 0)]
)
def test_all_ranks_stop_with_its_name(micro, tmp_path, damage, rank, workers):
    # More than a worker keeps open: what is open outlives its name.
    data = micro.write_noise(tmp_path / "data", clips_per_shard=2)
    process = train(micro, data, tmp_path, f"num_workers={workers}", "max_updates=100000")
    try:
        shards = sorted((data / "one/en").glob("train-*.tar"))
        # Each rank reads one half of them.
        for shard in shards[-8:] if rank else shards[:8]:
            damage(shard)
        # The pipe is closed when the last process is gone.
        reported, _ = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 2, reported
    named = re.search(r"lfsc train: shard (\S+one/en/train-\d+\.tar) cannot be read", reported)
    assert named, reported
    assert "Traceback" not in reported
    run = Run(tmp_path / "demo")
    assert run.status().state == "failed"
    assert named[1] in run.status().message
    assert micro.checkpoint_of(run)["CodecDataModule"]["stream"]["identity"]["world_size"] == 2
