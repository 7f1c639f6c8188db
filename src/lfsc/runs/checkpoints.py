"""Which of its checkpoints a run stands for."""

import math
from pathlib import Path

from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import read_rows


def checkpoint_of(run: Run, which: str) -> Path:
    """The newest checkpoint (`last`), the one with the best value of the run's `monitor` (`best`), or an update's."""
    if which == "best":
        return best_checkpoint(run)
    if which != "last" and not (which.isascii() and which.isdigit()):
        raise ValueError(f"@{which}: expected @last, @best or the number of an update, as in {run.path.name}@best")
    names = ["last"] if which == "last" else [f"{kind}-{int(which):08d}" for kind in ("update", "best")]
    found = [path for name in names if (path := run.checkpoints / f"{name}.ckpt").is_file()]
    if not found and which == "last":
        raise ValueError("the run has no checkpoint yet; it writes the first at its first validation or at its end")
    if not found:
        raise ValueError(f"the run has no checkpoint of update {int(which)}: it has {', '.join(kept_updates(run))}")
    return found[0]


def best_checkpoint(run: Run) -> Path:
    kept = {update_of(path): path for path in run.checkpoints.glob("best-*.ckpt")}
    config = run.config()
    if not isinstance(config, dict) or not config.get("monitor") or config.get("mode") not in ("min", "max"):
        raise ValueError(f"{run.config_file} does not say which is the best: expected monitor, and mode min or max")
    monitor, sign = config["monitor"], {"min": 1, "max": -1}[config["mode"]]
    values = {int(row["update"]): float(row[monitor]) for row in read_rows(run.metrics_file) if row.get(monitor)}
    ranked = sorted((sign * values[update], update) for update in kept if math.isfinite(values.get(update, math.nan)))
    if not ranked:
        raise ValueError(f"the run has kept no best checkpoint by {monitor}: save_top_k is 0, or no validation was yet")
    return kept[ranked[0][1]]


def kept_updates(run: Run) -> list[str]:
    return [str(update) for update in sorted({update_of(path) for path in run.checkpoints.glob("*-*.ckpt")})]


def update_of(path: Path) -> int:
    """The update that a checkpoint is of, by its name: update-N.ckpt or best-N.ckpt."""
    return int(path.stem.rpartition("-")[2])
