"""A run's directory: what the run was told, where it stands, what it made."""

import json
import os
import socket
import time
from importlib.metadata import distributions
from pathlib import Path
from subprocess import DEVNULL, CalledProcessError, check_output
from typing import Any, NamedTuple

import yaml

from lfsc import atomic

RUNNING, FINISHED, INTERRUPTED, FAILED = "running", "finished", "interrupted", "failed"


class Status(NamedTuple):
    """Where a run stands, as status.json says it."""

    state: str
    update: int
    max_updates: int
    host: str
    pid: int
    heard: float  # seconds since 1970
    message: str = ""

    @property
    def alive(self) -> bool:
        """Whether the process that wrote it still runs, as far as this host can tell."""
        if self.state != RUNNING or self.host != socket.gethostname():
            return self.state == RUNNING and time.time() - self.heard < 120
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return self.pid != os.getpid()


class Run:
    """The folder runs_root/name."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self.config_file = self.path / "config.yaml"
        self.status_file = self.path / "status.json"
        self.environment_file = self.path / "environment.json"
        self.metrics_file = self.path / "metrics.csv"
        self.checkpoints = self.path / "checkpoints"
        self.samples = self.path / "samples"

    @classmethod
    def existing(cls, path: Path | str) -> "Run":
        run = cls(path)
        if not run.config_file.is_file():
            raise ValueError(f"{run.path} is not a run: it has no config.yaml; `lfsc train RECIPE` makes one")
        return run

    def config(self) -> dict[str, Any]:
        return yaml.safe_load(self.config_file.read_text(encoding="utf-8"))

    def status(self) -> Status | None:
        if not self.status_file.is_file():
            return None
        return Status(**json.loads(self.status_file.read_text(encoding="utf-8")))

    def write_status(self, state: str, update: int, max_updates: int, message: str = "") -> None:
        status = Status(state, update, max_updates, socket.gethostname(), os.getpid(), time.time(), message)
        atomic.write_text(self.status_file, json.dumps(status._asdict(), indent=1) + "\n")

    def prepare(self, config: dict[str, Any], *, command: list[str], index_hash: str | None) -> None:
        """Write what the run was told and what it stands on."""
        atomic.write_text(self.config_file, yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
        environment = {
            "command": command,
            "git": git_revision(),
            "data_index_sha256": index_hash,
            "packages": {package.name: package.version for package in distributions()},
        }
        atomic.write_text(self.environment_file, json.dumps(environment, indent=1, sort_keys=True) + "\n")

    def refuse_if_begun(self) -> None:
        """ValueError where a new run under this name would hide or mix with another; what to do is said."""
        status = self.status()
        if status is not None and status.alive:
            raise ValueError(f"{self.path} is running (process {status.pid} on {status.host}); choose another name=…")
        if status is not None and status.state == FINISHED:
            raise ValueError(
                f"{self.path} is finished at update {status.update}: `lfsc resume {self.path} max_updates=N` goes on, "
                "name=… starts another, removing the folder starts over"
            )
        if any(self.checkpoints.glob("*.ckpt")):
            raise ValueError(
                f"{self.path} was interrupted: `lfsc resume {self.path}` goes on, name=… starts another, "
                "removing the folder starts over"
            )


def git_revision() -> str | None:
    """The revision of the checkout that this package runs from, with `-dirty` where files were changed."""
    try:
        command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40"]
        return check_output(command, stderr=DEVNULL, text=True).strip()
    except (OSError, CalledProcessError):
        return None
