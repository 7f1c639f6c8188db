"""The project's tests that need a GPU; in a dry run some of the others."""

import subprocess
import sys

from report import Report
from workload import DRY, PROJECT


def run(report: Report) -> None:
    # By file: the others may want packages that this machine lacks.
    marked = [str(path) for path in (PROJECT / "tests").rglob("test_*.py") if "mark.gpu" in path.read_text()]
    chosen = ["tests/nn"] if DRY else ["-m", "gpu", *marked]
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *chosen]
    # As it comes: what has no time to end still says which tests did.
    with (report.out / "tests.txt").open("w+") as said:
        code = subprocess.run(command, cwd=PROJECT, stdout=said, stderr=subprocess.STDOUT).returncode
        said.seek(0)
        lines = said.read().strip().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR", "E  "))]
    report.say(f"exit {code}: {lines[-1] if lines else 'nothing'}", code=code)
    for line in failed[:20]:
        report.say(f"   {line[:200]}")
