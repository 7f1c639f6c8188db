"""Where the numbers go, beside metrics.csv."""

from typing import Any

from lightning.pytorch.loggers import Logger, TensorBoardLogger

from lfsc.training.metrics_csv import MetricsCSV
from lfsc.training.run import Run
from lfsc.training.wandb import ContinuedWandb


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
        if "settings" in settings:
            # They may name the server that is told the user's key, and a run to resume may be somebody else's.
            raise ValueError("logger.settings: set W&B's own settings by its variables, such as WANDB_BASE_URL")
        loggers.append(ContinuedWandb(run=run, resumed=resumed_at is not None, name=config["name"], **settings))
    elif kind != "csv":
        raise ValueError(f"logger.kind={kind}: expected csv, tensorboard or wandb")
    return loggers
