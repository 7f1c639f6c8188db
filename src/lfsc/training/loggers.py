"""Where the numbers go, beside metrics.csv."""

import secrets
from typing import Any

from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger

from lfsc import atomic
from lfsc.training.metrics_csv import MetricsCSV
from lfsc.training.ranks import is_first
from lfsc.training.rows import read_rows
from lfsc.training.run import Run


class ContinuedWandb(WandbLogger):
    """W&B's run of a run of ours. It cannot forget: what it was told before a kill is not told again."""

    def __init__(self, *, told: int, **settings):
        super().__init__(**settings)
        self.told = told

    def log_metrics(self, metrics: dict[str, Any], step: int | None = None) -> None:
        if step is None or step > self.told:
            super().log_metrics(metrics, step)


def build_loggers(config: dict[str, Any], run: Run, *, resumed_at: int | None) -> list[Logger]:
    """metrics.csv always, and what `logger` asks for beside it; all go on where a run is resumed."""
    loggers: list[Logger] = [MetricsCSV(run.metrics_file)]
    settings = dict(config["logger"])
    kind = settings.pop("kind")
    if kind == "tensorboard":
        # TensorBoard then hides what it has of later updates, which come again.
        purge = None if resumed_at is None else resumed_at + 1
        loggers.append(TensorBoardLogger(save_dir=run.path, name="tensorboard", version="", purge_step=purge))
    elif kind == "wandb":
        loggers.append(build_wandb(config, run, settings, resumed=resumed_at is not None))
    elif kind != "csv":
        raise ValueError(f"logger.kind={kind}: expected csv, tensorboard or wandb")
    return loggers


def build_wandb(config: dict[str, Any], run: Run, settings: dict[str, Any], *, resumed: bool) -> WandbLogger:
    rows = read_rows(run.metrics_file) if resumed else []
    told = int(rows[-1]["update"]) if rows else -1
    return ContinuedWandb(
        told=told, name=config["name"], id=wandb_id(run), save_dir=run.path, resume="allow", **settings
    )


def wandb_id(run: Run) -> str:
    """The run's name there: made once, kept in the run's folder."""
    if is_first() and not run.wandb_file.is_file():
        atomic.write_text(run.wandb_file, secrets.token_hex(8) + "\n")
    return run.wandb_file.read_text(encoding="utf-8").strip() if is_first() else ""
