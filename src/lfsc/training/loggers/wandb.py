"""W&B's run of a run of ours: one from beginning to end, whatever happened between."""

import json
import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import wandb
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.loggers.logger import rank_zero_experiment
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from lfsc.io import atomic
from lfsc.io.messages import one_line
from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import read_rows

# Lightning logs our update under this name and makes it the axis of all others.
UPDATE = "trainer/global_step"


class Known(NamedTuple):
    """What is known of W&B's run, kept in the run's folder."""

    id: str
    update: int = -1  # the last row that certainly arrived
    folders: tuple[str, ...] = ()  # of its runs without a network, those that ended well


class RunWandb(WandbLogger):
    """W&B cannot forget, and a kill takes what it had not sent or written yet.

    So on a resume the rows that it lacks come from metrics.csv, and those that it has are not sent again. What it has,
    its server says; without a network, only what ended well counts, and the rest is removed and sent anew.
    """

    def __init__(
        self,
        save_dir: str,
        *,
        name: str | None = None,
        project: str | None = None,
        entity: str | None = None,
        group: str | None = None,
        job_type: str | None = None,
        notes: str | None = None,
        tags: list[str] | None = None,
        mode: str | None = None,
        **settings,
    ):
        # A run to resume may be somebody else's, and these name the server that gets the user's key, or any folder.
        if "settings" in settings:
            raise ValueError("logger.settings: set W&B's own settings by its variables, such as WANDB_BASE_URL")
        if "dir" in settings:
            raise ValueError("logger.dir: set save_dir, in which W&B's folder then lies")
        self.run = Run(save_dir)
        self.known = read_known(self.run)
        self.sent = -1  # the last row that W&B has
        # Named above so that their words are read as text: a tag 1.10 is no number.
        settings |= {"entity": entity, "group": group, "job_type": job_type, "notes": notes, "tags": tags, "mode": mode}
        super().__init__(name=name, project=project, id=self.known.id, save_dir=save_dir, resume="allow", **settings)

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """W&B's run; ValueError, in one line, where W&B does not take it."""
        try:
            return super().experiment
        except wandb.Error as error:
            raise ValueError(
                f"W&B does not take the run ({one_line(error)[:200]}): `wandb login` or WANDB_API_KEY "
                "tells it who you are, and logger.wandb.mode=offline needs no account"
            ) from error

    @rank_zero_only
    def resume_at(self, update: int) -> None:
        """Send the rows of metrics.csv up to `update` that W&B lacks."""
        self.write(self.known)
        if self.experiment.settings.mode == "offline":
            self.remove_torn()
            self.sent = self.known.update
        else:
            self.sent = int(self.experiment.summary.get(UPDATE, -1))
        for row in read_rows(self.run.metrics_file):
            if int(row["update"]) <= update:
                values = {name: float(value) for name, value in row.items() if value and name != "update"}
                self.log_metrics(values, int(row["update"]))

    def remove_torn(self) -> None:
        """Remove what earlier processes wrote and did not finish writing."""
        for folder in self.run.path.glob(f"wandb/offline-run-*-{self.known.id}"):
            if folder.name not in (*self.known.folders, self.folder):
                shutil.rmtree(folder)

    @property
    def folder(self) -> str:
        """The name of the folder that is written now; what it holds lies in its `files`."""
        return Path(self.experiment.dir).parent.name

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        if step is None or step > self.sent:
            super().log_metrics(metrics, step)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Wait until everything has arrived, and remember that it has."""
        super().finalize(status)
        if self._experiment is None:
            return
        folder, update = self.folder, int(self.experiment.summary.get(UPDATE, -1))
        self.experiment.finish()
        self.write(self.known._replace(update=max(self.sent, update), folders=(*self.known.folders, folder)))

    def abandon(self) -> None:
        """Let go of W&B's service, which may be gone; at the exit of Python it would be a traceback."""
        with suppress(Exception, SystemExit):
            wandb.teardown()

    def write(self, known: Known) -> None:
        self.known = known
        atomic.write_text(self.run.wandb_file, json.dumps(known._asdict()) + "\n")


def read_known(run: Run) -> Known:
    """What is known of the W&B run of a run; a new one where it had none."""
    if not run.wandb_file.is_file():
        return Known(secrets.token_hex(8))
    known = Known(**json.loads(run.wandb_file.read_text(encoding="utf-8")))
    # It becomes part of the name of folders, of which some are removed.
    if not (isinstance(known.id, str) and re.fullmatch(r"[A-Za-z0-9_-]+", known.id)):
        raise ValueError(f"{run.wandb_file} has the id {known.id!r}, expected letters and digits: remove the file")
    return known
