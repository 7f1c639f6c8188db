"""When checkpoints are written, and which are kept: the last few and the best few."""

import math
import time
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from lfsc.runs.checkpoints import newest_first
from lfsc.runs.directory import METRICS
from lfsc.runs.metrics_rows import HIGHER_IS_BETTER, read_rows
from lfsc.training.checkpoint_io import link
from lfsc.training.module import CodecModule
from lfsc.training.plain_state import EXPECTED, find_foreign


def is_lfscs(callback: Callback) -> bool:
    return type(callback).__module__.startswith("lfsc.")


class Checkpointing(Callback):
    """update-N.ckpt every `every` updates and at the end; last.ckpt is the newest, best-N.ckpt the `save_top_k` best.

    Those of a warm-up, as many apart, replace each other as update-0.
    """

    def __init__(self, *, folder: Path, every: int, keep_last: int, save_top_k: int, monitor: str, mode: str):
        if mode not in ("min", "max"):
            raise ValueError(f"mode={mode}: expected min or max")
        if mode == "min" and monitor.startswith(HIGHER_IS_BETTER):
            raise ValueError(f"monitor={monitor} with mode=min would keep the worst checkpoints: add mode=max")
        if keep_last < 1:
            raise ValueError(f"keep_last={keep_last}: expected at least 1, the checkpoint that `lfsc resume` needs")
        self.folder = folder
        self.every = every
        self.keep_last = keep_last
        self.save_top_k = save_top_k
        self.monitor = monitor
        self.mode = mode
        self.sign = 1 if mode == "min" else -1
        self.best: list[list[float]] = []  # [signed value, update], best first
        self.saved_at = (-1, -1)  # updates of the warm-up, and of the run

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        if module.validated_at == module.updates and self.monitor not in module.validation:
            raise ValueError(f"monitor={self.monitor}: a validation gives {', '.join(sorted(module.validation))}")
        # Before anything has been learned that a checkpoint should keep.
        for callback in trainer.callbacks:  # type: ignore[attr-defined]  # Lightning sets it from elsewhere
            name = type(callback).__qualname__
            if not is_lfscs(callback) and (found := find_foreign(callback.state_dict(), f"state_dict() of {name}")):
                raise ValueError(f"{found}: {EXPECTED}")

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, *_) -> None:
        if trainer.should_stop or self.is_due(module):
            self.save(trainer, module)

    def is_due(self, module: CodecModule) -> bool:
        if module.warmup.under_way:
            return module.warmup.is_due(self.every)
        # After the validation of the same update, which stands before in the list of callbacks.
        return module.updates % self.every == 0 or module.updates == module.validated_at

    def save(self, trainer: Trainer, module: CodecModule) -> None:
        if self.saved_at == (module.warmup.done, module.updates):
            return
        entered = self.rank_best(module)
        self.saved_at = (module.warmup.done, module.updates)
        path = self.folder / f"update-{module.updates:08d}.ckpt"
        begin = time.perf_counter()
        trainer.save_checkpoint(path, weights_only=False)
        if trainer.is_global_zero:
            link(path, self.folder / "last.ckpt")
            if entered:
                link(path, self.folder / f"best-{module.updates:08d}.ckpt")
            self.remove_old()
            module.measured |= {
                "checkpoint/seconds": time.perf_counter() - begin,
                "checkpoint/megabytes": path.stat().st_size / 1e6,
            }

    def rank_best(self, module: CodecModule) -> bool:
        """Whether this update's validation is among the best; they are remembered in the checkpoint itself."""
        value = module.validation.get(self.monitor, math.nan) if module.validated_at == module.updates else math.nan
        if module.warmup.under_way or not math.isfinite(value):
            return False
        entry = [self.sign * value, module.updates]
        self.best = sorted([*self.best, entry])[: self.save_top_k]
        return entry in self.best

    def remove_old(self) -> None:
        kept = {f"best-{update:08d}.ckpt" for _, update in self.best}
        found = newest_first(self.folder)
        kept |= {path.name for path in [path for path in found if path.name.startswith("update-")][: self.keep_last]}
        for path in found:
            if path.name not in kept:
                path.unlink()

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "ranking": [self.monitor, self.mode]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        best = state_dict["best"]
        if state_dict.get("ranking", [self.monitor, self.mode]) != [self.monitor, self.mode]:
            best = self.rank_anew([update for _, update in best])
        self.best = best[: self.save_top_k]

    def rank_anew(self, updates: list[int]) -> list[list[float]]:
        """The checkpoints of `updates` by another metric than before; ValueError for one that was never measured."""
        rows = {int(row["update"]): row for row in read_rows(self.folder.parent / METRICS)}
        columns = next(iter(rows.values()), {self.monitor: ""})
        if self.monitor not in columns:
            known = ", ".join(sorted(name for name in columns if name.startswith("val/")))
            raise ValueError(f"monitor={self.monitor}: a validation gives {known}")
        values = {update: float(rows.get(update, {}).get(self.monitor) or math.nan) for update in updates}
        return sorted([self.sign * value, update] for update, value in values.items() if math.isfinite(value))

    @rank_zero_only
    def setup(self, trainer: Trainer, module: CodecModule, stage: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.folder.glob(".*.part.ckpt"):
            leftover.unlink()
