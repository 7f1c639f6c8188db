"""A training from the command line, as a step begins it."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from report import Report
from workload import MICRO, PROJECT

from lfsc.distributed import single_process_environment
from lfsc.runs.metrics_rows import read_rows

# Of a run's metrics.csv, what the report repeats.
LOGGED = "^train/(mel|features|adversarial|discriminator)$|^val/(mel|si_sdr)$|^skipped/|^throughput/|^checkpoint/"


def train_by_command(report: Report, what: str, name: str, recipe: Path | str, *settings: str) -> None:
    """A training from the command line, on the corpus or on noise: its exit status, its last line and its pace."""
    corpus = os.environ.get("CORPUS") or str(noise_corpus(report.out / "noise"))
    overrides = [f"data.path={corpus}", f"runs_root={report.out / 'runs'}", f"name={name}", *settings]
    begin = time.perf_counter()
    command = [sys.executable, "-m", "lfsc", "train", str(recipe), *overrides]
    env = single_process_environment() | {"OMP_NUM_THREADS": "2"}
    with (report.out / f"{name}.txt").open("w+") as said:
        code = subprocess.run(command, cwd=report.out, stdout=said, stderr=subprocess.STDOUT, env=env).returncode
        said.seek(0)
        last = said.read().strip().splitlines()[-1:]
    report.say(f"{what}: exit {code} in {time.perf_counter() - begin:.0f} s; {' '.join(last)[:200]}")
    if rows := read_rows(report.out / "runs" / name / "metrics.csv"):
        last_row = {key: float(value) for key, value in rows[-1].items() if value}
        chosen = {key: value for key, value in last_row.items() if re.search(LOGGED, key)}
        row = ", ".join(f"{key} {value:.4g}" for key, value in chosen.items())
        report.say(f"   in its last row: {row}", **{what: last_row})


def noise_corpus(folder: Path) -> Path:
    if not folder.exists():
        sys.path[:0] = [str(MICRO.parent), str(PROJECT / "tests" / "data")]
        import micro

        micro.write_noise(folder)
    return folder
