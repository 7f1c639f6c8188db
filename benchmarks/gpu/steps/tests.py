"""The project's tests that need a GPU; in a dry run some of the others."""

import subprocess
import sys

from report import Report
from workload import DRY, PROJECT


def run(report: Report) -> None:
    # By file: the others may want packages that this machine lacks.
    marked = [str(path) for path in (PROJECT / "tests").rglob("test_*.py") if "mark.gpu" in path.read_text()]
    chosen = ["tests/nn"] if DRY else ["-m", "gpu", *marked]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    lines = result.stdout.strip().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR", "E  "))]
    report.say(f"exit {result.returncode}: {lines[-1] if lines else result.stderr[-300:]}", code=result.returncode)
    for line in failed[:20]:
        report.say(f"   {line[:200]}")
