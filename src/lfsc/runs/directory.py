"""A run's directory: its configuration, its state, what it made."""

import json
import os
import shutil
import socket
import time
from importlib.metadata import distributions
from pathlib import Path
from subprocess import DEVNULL, CalledProcessError, check_output
from typing import Any

from lfsc.config.recipe_file import as_yaml, parse_recipe
from lfsc.config.scalars import unmark
from lfsc.io import atomic, safe_yaml
from lfsc.io.messages import as_word
from lfsc.io.regular import require_regular
from lfsc.runs.status import FINISHED, Status

# The runs_root of conf/train.yaml, where runs are looked for by their names.
RUNS_ROOT = "runs"
CONFIG, STATUS, METRICS = "config.yaml", "status.json", "metrics.csv"


class Run:
    """The folder runs_root/name."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self.config_file = self.path / CONFIG
        self.status_file = self.path / STATUS
        self.environment_file = self.path / "environment.json"
        self.metrics_file = self.path / METRICS
        self.warmup_file = self.path / "warmup.csv"
        self.nonfinite_file = self.path / "nonfinite.jsonl"
        self.wandb_file = self.path / "wandb.json"
        self.checkpoints = self.path / "checkpoints"
        self.last_checkpoint = self.checkpoints / "last.ckpt"
        self.samples = self.path / "samples"

    @classmethod
    def named(cls, root: str, name: str) -> "Run":
        """The run of a configuration; ValueError for a name that would be no folder of its own under the root."""
        parts = Path(name).parts
        if not parts or ".." in parts or Path(name).is_absolute():
            raise ValueError(f"name={name!r}: expected a folder's name, such as mine or grid/0, to lie under {root}")
        return cls(Path(root) / name)

    @classmethod
    def existing(cls, path: Path | str) -> "Run":
        run = cls(path)
        if not run.config_file.is_file():
            there = Path(RUNS_ROOT, path)
            advice = f"did you mean {there}?" if (there / CONFIG).is_file() else "`lfsc train RECIPE` makes one"
            if inside := find_inside(run.path):
                advice = f"it holds runs, such as {inside}"
            raise ValueError(f"{run.path} is not a run: it has no config.yaml; {advice}")
        run.require_files()
        run.config()
        return run

    def require_files(self) -> None:
        """ValueError for what is no file or folder of the run's own.

        Who opens a pipe in place of a log would wait, and what leads out of the run would be written to.
        """
        for path in self.path.rglob("*"):
            if path.is_symlink():
                self.require_below(path)
            if path.exists() and not path.is_dir():
                require_regular(path, path.stat().st_mode)

    def require_below(self, link: Path) -> None:
        # W&B links its folders to its own logs, elsewhere on this machine.
        if self.path / "wandb" in link.parents:
            return
        target = os.path.realpath(link)
        if not Path(target).is_relative_to(os.path.realpath(self.path)):
            raise ValueError(
                f"{link} is a link that leads out of the run, to {target}, where a run of somebody else's has nothing "
                "to write; to keep a run on another disk, link its whole folder"
            )

    def config(self) -> dict[str, Any]:
        """The run's configuration; ValueError for a file, perhaps of somebody else, that is no plain data."""
        name = self.config_file.name
        try:
            text = safe_yaml.text_of(self.config_file)
            safe_yaml.parse(text, name)  # which is bounded
            return unmark(parse_recipe(text, name))
        except ValueError as error:
            raise ValueError(f"{self.config_file} is damaged: {error}") from error

    def environment(self) -> dict[str, Any]:
        """What `prepare` wrote last; empty where it has not."""
        if not self.environment_file.is_file():
            return {}
        try:
            return dict(json.loads(self.environment_file.read_text(encoding="utf-8")))
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"{self.environment_file} is damaged ({error}): remove it") from error

    def status(self) -> Status | None:
        """What was reported last; None where nothing was, ValueError for a file that is no run's or damaged."""
        if not self.status_file.is_file():
            return None
        try:
            return Status(**json.loads(self.status_file.read_text(encoding="utf-8"))).checked()
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(
                f"{self.status_file} cannot be read ({error}): remove it, the checkpoints tell how far the run came"
            ) from error

    def write_status(self, state: str, update: int, max_updates: int, message: str = "") -> None:
        status = Status(state, update, max_updates, socket.gethostname(), os.getpid(), time.time(), message)
        atomic.write_text(self.status_file, json.dumps(status._asdict(), indent=1) + "\n")

    def prepare(
        self,
        config: dict[str, Any],
        *,
        recipe: str | None,
        command: list[str],
        index_hash: str | None,
        own_code: dict[str, Any],
    ) -> None:
        """Write the configuration and the environment; recipe and commands of earlier starts stay."""
        before = self.environment()
        atomic.write_text(self.config_file, as_yaml(config))
        environment = {
            "recipe": recipe or before.get("recipe"),
            "commands": [*before.get("commands", []), command],
            "git": git_revision(),
            "own_code": own_code,
            "data_index_sha256": index_hash,
            # What an interrupted pip leaves behind may have no name.
            "packages": {package.name: package.version for package in distributions() if package.name},
        }
        atomic.write_text(self.environment_file, json.dumps(environment, indent=1, sort_keys=True) + "\n")

    def is_finished(self) -> bool:
        status = self.status()
        return status is not None and status.state == FINISHED

    def has_checkpoint(self) -> bool:
        return any(self.checkpoints.glob("*.ckpt"))

    def clear(self) -> None:
        """Remove what a start without a checkpoint left behind: the run begins anew."""
        for path in (self.metrics_file, self.warmup_file, self.nonfinite_file, self.wandb_file, self.environment_file):
            path.unlink(missing_ok=True)
        for folder in (self.samples, self.path / "tensorboard", self.path / "wandb"):
            shutil.rmtree(folder, ignore_errors=True)

    def refuse_if_running(self) -> None:
        """ValueError where the run is under way; one on another machine is watched until that is certain."""
        status = first = self.status()
        while status is not None and status.alive and status.host != socket.gethostname() and status == first:
            # A job that was preempted may start again elsewhere before its missing heartbeats show that it is dead.
            time.sleep(1)
            status = self.status()
        if status is not None and status.alive:
            raise ValueError(f"{self.path} is running (process {status.pid} on {status.host}): stop that first")

    def refuse_if_begun(self) -> None:
        """ValueError, which says what to do, where a new run under this name would hide or mix with another."""
        self.refuse_if_running()
        if self.is_finished():
            raise ValueError(
                f"{self.path} is finished: `lfsc resume {as_word(self.path)} max_updates=N` resumes, name=… starts "
                "another, removing the folder starts over"
            )
        if self.has_checkpoint():
            raise ValueError(
                f"{self.path} was interrupted: `lfsc resume {as_word(self.path)}` resumes, name=… starts another, "
                "removing the folder starts over"
            )


def git_revision() -> str | None:
    """The revision of the checkout that this package runs from, with `-dirty` where files were changed."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        # An environment may lie in the checkout of something else.
        check_output([*git, "ls-files", "--error-unmatch", Path(__file__).name], stderr=DEVNULL)
        return check_output([*git, "describe", "--always", "--dirty", "--abbrev=40"], stderr=DEVNULL, text=True).strip()
    except (OSError, CalledProcessError):
        return None


def find_inside(folder: Path) -> Path | None:
    """A run with a checkpoint in a folder of runs, such as a sweep's."""
    runs = (Run(file.parent) for file in sorted(folder.glob(f"*/{CONFIG}")))
    return next((run.path for run in runs if run.has_checkpoint()), None)
