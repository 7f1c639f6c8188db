"""A training within what a machine allows: its own growth, and few files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from lightning.pytorch import Callback
from processes import descendants

from lfsc.data.shard_reader import OPEN_SHARDS
from lfsc.training import build

pytestmark = pytest.mark.slow


class Watch(Callback):
    """Memory in MB, open files and threads of this process and its children, every 50 updates."""

    def __init__(self):
        self.seen = {}

    def on_train_batch_end(self, trainer, module, *_):
        if module.updates % 50 == 0:
            family = (os.getpid(), *descendants(os.getpid()))
            self.seen[module.updates] = [sum(column) for column in zip(*map(used, family), strict=True)]


def used(pid):
    place = Path(f"/proc/{pid}")
    private = [line for line in (place / "smaps_rollup").read_text().splitlines() if line.startswith("Private")]
    memory = sum(int(line.split()[1]) for line in private) / 1000
    return memory, len(list((place / "fd").iterdir())), len(list((place / "task").iterdir()))


def test_three_hundred_updates_take_no_more_than_one_hundred(micro, noise_corpus, tmp_path, monkeypatch):
    watch = Watch()
    monkeypatch.setattr(build, "build_own_callbacks", lambda config: {"watch": watch})
    steps = ("max_updates=300", "validate_every=50", "checkpoint_every=50", "log_every=10", "num_workers=2")
    micro.train(micro.configuration(noise_corpus, tmp_path, *steps))
    memory, files, threads = zip(*(watch.seen[update] for update in (100, 150, 200, 250, 300)), strict=True)
    # Each of the two workers keeps the shards open that it read last.
    assert max(files) <= files[0] + 2 * OPEN_SHARDS, files
    assert max(threads) <= threads[0] + 2, threads
    assert memory[-1] - memory[0] < 30, memory


@pytest.mark.parametrize("limit", [24, 64])
def test_few_open_files_are_enough_or_told_in_one_line(micro, noise_corpus, tmp_path, limit):
    items = [f"data.path={noise_corpus}", f"runs_root={tmp_path}", "trainer=cpu", "max_updates=3", "num_workers=2"]
    command = [sys.executable, "-m", "lfsc", "train", str(micro.RECIPE), *items]
    done = subprocess.run(
        ["bash", "-c", f'ulimit -n {limit}; exec "$@"', "bash", *command],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 0 or (done.returncode == 2 and "open" in done.stderr.splitlines()[-1]), done.stderr
    assert done.returncode or (Path(tmp_path) / "demo" / "checkpoints" / "last.ckpt").is_file()
