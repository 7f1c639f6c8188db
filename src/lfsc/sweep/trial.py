"""One trial: a `lfsc train` of its own, followed by what it writes."""

import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lfsc.config.overrides import as_override
from lfsc.distributed import single_process_environment
from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import read_rows
from lfsc.runs.status import start_of
from lfsc.runs.summary import INTERRUPTED_EXIT

POLL = 0.5
SHARE_OF_READING = 0.1  # of a processor's time, at most, goes into reading what a trial has logged
SECONDS_TO_SAVE = 120
FINISHED, FAILED, STOPPED, STOPPING = "finished", "failed", "pruned", "stopping"


class Outcome(NamedTuple):
    state: str
    value: float | None = None
    reason: str = ""


class Process(NamedTuple):
    """A process on some machine, as it is noted down in a study."""

    host: str
    pid: int
    since: float  # when it was started, in seconds since 1970

    @property
    def is_here(self) -> bool:
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether it runs; only for one of this machine."""
        started = start_of(self.pid)
        return started is not None and started <= self.since + 1


def run_of(folder: Path, number: int) -> Run:
    return Run(folder / f"{number:04d}")


def train_command(recipe: str, overrides: list[str], own_code: list[str]) -> list[str]:
    # -P: what lies in the folder where this was started is not imported, as with the command `lfsc` itself.
    options = [option for name in own_code for option in ("--with", name)]
    return [sys.executable, "-P", "-m", "lfsc", "train", recipe, *overrides, *options, "--continue"]


class TrialRun:
    """The run of one trial, in FOLDER/NUMBER; its output goes to log.txt there."""

    def __init__(
        self,
        *,
        folder: Path,
        number: int,
        recipe: str,
        overrides: list[str],
        own_code: list[str],
        column: str,
        result: Callable[[list[float]], float],
    ):
        self.run = run_of(folder, number)
        self.column = column
        self.result = result
        self.command = train_command(
            recipe, [*overrides, as_override("runs_root", str(folder)), f"name={self.run.path.name}"], own_code
        )

    def start(self, device: str | None, *, threads: int) -> subprocess.Popen:
        """Begin, or resume where an earlier process stopped."""
        # W&B shows a sweep's runs together.
        own = {"OMP_NUM_THREADS": str(threads), "WANDB_RUN_GROUP": self.run.path.parent.name}
        environment = own | single_process_environment()
        if device is not None:
            environment["CUDA_VISIBLE_DEVICES"] = device
        self.run.path.mkdir(parents=True, exist_ok=True)
        with (self.run.path / "log.txt").open("a") as log:
            # In a group of its own: an interrupt in the terminal reaches it only through the sweep.
            return subprocess.Popen(self.command, stdout=log, stderr=log, env=environment, start_new_session=True)

    def values(self) -> list[tuple[int, float]]:
        """The column after each validation: (update, value)."""
        rows = read_rows(self.run.metrics_file)
        return [(int(row["update"]), float(row[self.column])) for row in rows if row.get(self.column)]

    def follow(
        self,
        process: subprocess.Popen,
        *,
        report: Callable[[int, float], bool],
        reported: int,
        stopping: threading.Event,
    ) -> Outcome:
        """Report each value after update `reported`, until `report` says that the trial is not worth it, or the end."""
        pause = 0.0
        while not stopping.wait(pause):
            ended = process.poll() is not None  # asked first: all that it wrote is then read
            spent = time.thread_time()
            outcome, reported = self.report_values(report, reported)
            # A log of 100,000 rows takes seconds.
            pause = max(POLL, (time.thread_time() - spent) / SHARE_OF_READING)
            if ended and (outcome is None or outcome.state == STOPPED):
                return self.outcome(process.returncode)
            if outcome is not None:
                stop(process)
                return outcome
        stop(process)
        return Outcome(STOPPING)

    def report_values(self, report: Callable[[int, float], bool], reported: int) -> tuple[Outcome | None, int]:
        """Report the values after update `reported`; what ends the trial, if anything, and the last update."""
        outcome, values = None, self.values()
        for update, value in values:
            if update > reported:
                reported = update
                if not math.isfinite(value):
                    return Outcome(FAILED, reason=f"{self.column} is {value} at update {update}"), reported
                if report(update, value):
                    outcome = Outcome(STOPPED, value)
        if not values and (reason := self.lacks_column()):
            outcome = Outcome(FAILED, reason=reason)
        return outcome, reported

    def outcome(self, code: int) -> Outcome:
        values = self.values()
        if code == 0 and values:
            return Outcome(FINISHED, self.result([value for _, value in values]))
        if code == 0:
            return Outcome(FAILED, reason=self.lacks_column() or f"metrics.csv has no value of {self.column}")
        if code == INTERRUPTED_EXIT:  # by whoever asked it to save and stop: Slurm asks sweep and trial alike
            return Outcome(STOPPING)
        if code < 0:
            memory = ", perhaps for memory" if code == -signal.SIGKILL else ""
            return Outcome(FAILED, reason=f"killed by {signal.Signals(-code).name}{memory}")
        return Outcome(FAILED, reason=f"exit status {code}: {self.last_line()}")

    def lacks_column(self) -> str:
        """Why no value will come: validations, which all measure the same, have others. Empty if one may."""
        rows = read_rows(self.run.metrics_file)
        there = dict.fromkeys(name for row in rows for name in row if name.startswith("val/") and row[name])
        if not there or self.column in there or not self.column.startswith("val/"):
            return ""
        return f"metrics.csv has no {self.column}, only {', '.join(there)}"

    def last_line(self) -> str:
        log = (self.run.path / "log.txt").read_text(encoding="utf-8", errors="replace")
        lines = [line.strip() for line in log.splitlines() if line.strip()]
        return lines[-1] if lines else "no output"


def stop(process: subprocess.Popen) -> None:
    """Ask it to save and stop; after a while do not ask."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(SECONDS_TO_SAVE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
