"""Every kind of crafted file at every loader: refused in one line, within 5 s of computing and 1 GB."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ZOO = Path(__file__).with_name("zoo")
SOURCE = Path(__file__).resolve().parents[2]
SECONDS, MEGABYTES = 5, 512  # beside what lfsc itself holds, which is less than as much again


def run(program: str, *arguments: object, timeout: int) -> list[dict]:
    """The lines of a program of the zoo."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    ran = subprocess.run(
        [sys.executable, ZOO / program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment,
        cwd=SOURCE,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_whole_zoo_is_refused_by_every_loader(tmp_path):
    honest, rows = [], []
    for row in run("watch.py", tmp_path, timeout=1100):
        (honest if row["kind"] == "honest" else rows).append(row)
    assert {row["outcome"] for row in honest} == {"accepted"}
    faults = [
        row
        for row in rows
        if row["outcome"].startswith("error")
        or (row["must"] and not row["outcome"].startswith("refused"))
        or row["seconds"] > SECONDS
        or (row["megabytes"] > MEGABYTES and row["outcome"] != "accepted")
    ]
    assert faults == []
    kinds = {row["kind"] for row in rows}
    print(f"{len(kinds)} kinds at {len({row['loader'] for row in rows})} loaders:", dict(outcomes(rows)))
    assert len(kinds) > 300


def outcomes(rows: list[dict]) -> Counter[str]:
    return Counter(row["outcome"].partition(":")[0] for row in rows)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(4))
def test_mutations_are_refused_in_one_line_or_taken(seed, tmp_path):
    """5000 for each seed; what goes wrong tells its seed and number, and `fuzz.py FOLDER SEED 1 NUMBER` makes it."""
    *faults, told = run("fuzz.py", tmp_path, seed, 5000, timeout=1100)
    assert faults == []
    print(told["counts"])
    refused = sum(count for kind, count in told["counts"].items() if kind.endswith("refused"))
    assert told["mutations"] == 5000 and refused > 2500
