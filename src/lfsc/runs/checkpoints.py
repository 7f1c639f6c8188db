"""Which of its checkpoints a run stands for, and which of them are whole."""

import logging
import re
from pathlib import Path

from lfsc.distributed import is_first
from lfsc.io.regular import open_regular
from lfsc.io.torch_file import DAMAGE, TorchFile
from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import best_value, read_rows

logger = logging.getLogger(__name__)


def checkpoint_of(run: Run, which: str) -> Path:
    """The newest checkpoint (`last`), the one with the best value of the run's `monitor` (`best`), or an update's."""
    if which == "best":
        return best_checkpoint(run)
    if which != "last" and not (which.isascii() and which.isdigit()):
        raise ValueError(f"@{which}: expected @last, @best or the number of an update, as in {run.path.name}@best")
    names = ["last"] if which == "last" else [f"{kind}-{int(which):08d}" for kind in ("update", "best")]
    found = [path for name in names if (path := run.checkpoints / f"{name}.ckpt").is_file()]
    if found:
        return found[0]
    kept = sorted({update_of(path) for path in newest_first(run.checkpoints)})
    if not kept:
        raise ValueError("the run has no checkpoint yet; it writes the first at its first validation or at its end")
    missing = "last.ckpt" if which == "last" else f"checkpoint of update {int(which)}"
    raise ValueError(f"the run has no {missing}: {run.path.name}@N takes that of an update, N of {kept}")


def best_checkpoint(run: Run) -> Path:
    kept = {update_of(path): path for path in newest_first(run.checkpoints) if path.name.startswith("best-")}
    config = run.config()
    monitor, mode = config.get("monitor"), config.get("mode")
    if not monitor or mode not in ("min", "max"):
        raise ValueError(f"{run.config_file} does not say which is the best: expected monitor, and mode min or max")
    rows = read_rows(run.metrics_file)
    best = best_value([row for row in rows if int(row["update"]) in kept], monitor, mode)
    if best is None:
        raise ValueError(f"the run has kept no best checkpoint by {monitor}: save_top_k is 0, or no validation was yet")
    value, update = best
    ever = best_value(rows, monitor, mode)
    # Such as what a fine-tuning began with.
    if ever is not None and ever[0] != value and is_first():
        logger.warning(
            "%s@best is of update %d, where %s is %.4g; it was %.4g at update %d, of which there is no checkpoint",
            run.path.name,
            update,
            monitor,
            value,
            *ever,
        )
    return kept[update]


def suggest_whole(run: Run) -> str:
    """The newest checkpoint of a run that is whole, to be named in its place, as the end of a message."""
    updates = {update_of(path): None for path in newest_first(run.checkpoints)}
    whole = (update for update in updates if is_whole(checkpoint_of(run, str(update))))
    return next((f"; {run.path}@{update} is whole" for update in whole), "")


def newest(folder: Path) -> Path:
    """The newest checkpoint of a run that is whole; ValueError where there is none."""
    damaged: list[str] = []
    for path in newest_first(folder):
        if is_whole(path):
            if damaged and is_first():
                logger.warning("%s cannot be read, so %s is taken", ", ".join(damaged), path.name)
            return path
        damaged.append(path.name)
    found = f"{', '.join(damaged)} cannot be read" if damaged else "there is none"
    raise ValueError(f"no checkpoint to resume from in {folder}: {found}; `lfsc train` starts over in a new folder")


def newest_first(folder: Path) -> list[Path]:
    """The checkpoints of a run by their updates; copies under other names are none of them."""
    found = [path for path in folder.glob("*.ckpt") if re.fullmatch(r"(update|best)-\d+", path.stem)]
    return sorted(found, key=lambda path: (update_of(path), path.stem), reverse=True)


def is_whole(path: Path) -> bool:
    """Whether every byte of a checkpoint is what was written, and it is one of a run and nothing but data."""
    try:
        with open_regular(path) as file:
            found = TorchFile(file, name=path.name)
            return found.zip.testzip() is None and "updates" in found.contents
    except (OSError, *DAMAGE):
        return False


def update_of(path: Path) -> int:
    """The update that a checkpoint is of, by its name: update-N.ckpt or best-N.ckpt."""
    return int(path.stem.rpartition("-")[2])
