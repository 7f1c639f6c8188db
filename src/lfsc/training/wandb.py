"""W&B's run of a run of ours: one from beginning to end, whatever happened between."""

import json
import re
import secrets
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from lfsc import atomic
from lfsc.training.rows import read_rows
from lfsc.training.run import Run

# Lightning logs our update under this name and makes it the axis of all others.
UPDATE = "trainer/global_step"


class Told(NamedTuple):
    """What is known of W&B's run, kept in the run's folder."""

    id: str
    update: int = -1  # the last row that certainly arrived
    folders: tuple[str, ...] = ()  # of its runs without a network, those that ended well


class ContinuedWandb(WandbLogger):
    """W&B cannot forget, and a kill takes what it had not sent or written yet.

    So on a resume the rows that it lacks come from metrics.csv, and those that it has are not told again. What it has,
    its server says; without a network, only what ended well counts, and the rest is removed and told anew.
    """

    def __init__(self, *, run: Run, resumed: bool, **settings):
        self.run = run
        self.known = read_told(run) if resumed else Told(secrets.token_hex(8))
        self.told = -1
        super().__init__(id=self.known.id, save_dir=run.path, resume="allow", **settings)

    @rank_zero_only
    def catch_up(self, *, until: int) -> None:
        """Tell the rows of metrics.csv up to an update that W&B lacks."""
        self.write(self.known)
        if self.experiment.settings.mode == "offline":
            self.remove_torn()
            self.told = self.known.update
        else:
            self.told = int(self.experiment.summary.get(UPDATE, -1))
        for row in read_rows(self.run.metrics_file):
            if int(row["update"]) <= until:
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

    def log_metrics(self, metrics: dict[str, Any], step: int | None = None) -> None:
        if step is None or step > self.told:
            super().log_metrics(metrics, step)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Wait until everything has arrived, and remember that it has."""
        super().finalize(status)
        if self._experiment is None:
            return
        folder, update = self.folder, int(self.experiment.summary.get(UPDATE, -1))
        self.experiment.finish()
        self.write(self.known._replace(update=max(self.told, update), folders=(*self.known.folders, folder)))

    def write(self, known: Told) -> None:
        self.known = known
        atomic.write_text(self.run.wandb_file, json.dumps(known._asdict()) + "\n")


def read_told(run: Run) -> Told:
    """What is known of the W&B run of a run; a new one where it had none."""
    if not run.wandb_file.is_file():
        return Told(secrets.token_hex(8))
    told = Told(**json.loads(run.wandb_file.read_text(encoding="utf-8")))
    # It becomes part of the name of folders, of which some are removed.
    if not (isinstance(told.id, str) and re.fullmatch(r"[A-Za-z0-9_-]+", told.id)):
        raise ValueError(f"{run.wandb_file} has the id {told.id!r}, expected letters and digits: remove the file")
    return told
