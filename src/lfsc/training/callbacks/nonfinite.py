"""Updates whose losses or gradients were not finite: which clips they had, and the end of a run with too many."""

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

from lightning.pytorch import Callback, Trainer

from lfsc.distributed import gather
from lfsc.training.module import CodecModule


class NotFinite(ValueError):
    """The run must stop: its losses or gradients have not been finite for long."""


class Recent(NamedTuple):
    """An update of one rank; its numbers stay tensors on the device until somebody looks."""

    update: int
    keys: list[str]
    values: dict[str, Any]
    skipped: dict[str, Any]  # how many steps each network had skipped by then

    def read(self) -> "Recent":
        values = {name: float(value) for name, value in self.values.items()}
        return self._replace(values=values, skipped={name: int(count) for name, count in self.skipped.items()})


class NonFinite(Callback):
    """Writes a line of JSON to `file` for each update that skipped a network's step; `max_consecutive` end the run.

    The optimizers skip such steps; this only reads their counts, every few updates, so that nobody waits.
    """

    def __init__(self, *, file: Path, max_consecutive: int, every: int):
        if max_consecutive < 1:
            raise ValueError(f"max_consecutive_nonfinite={max_consecutive}: expected at least 1")
        self.file = file
        self.max_consecutive = max_consecutive
        self.every = min(every, max_consecutive)
        self.recent: list[Recent] = []
        self.known: dict[str, int] = {}

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        self.known = {name: int(optimizer.skipped) for name, optimizer in module.gan_optimizers.items()}

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, outputs, batch, *_) -> None:
        values = {name: value for name, value in module.scalars.items() if "/" not in name}
        skipped = {name: optimizer.skipped.clone() for name, optimizer in module.gan_optimizers.items()}
        self.recent.append(Recent(module.updates, batch.keys, values, skipped))
        if len(self.recent) == self.every or trainer.should_stop:
            self.check(trainer, module)
            self.recent = []

    def on_train_end(self, trainer: Trainer, module: CodecModule) -> None:
        # A callback after this one may have stopped the run.
        if self.recent:
            self.check(trainer, module)

    def check(self, trainer: Trainer, module: CodecModule) -> None:
        last = self.recent[-1].read()
        if last.skipped != self.known:
            # All ranks have skipped the same steps, so all of them come here.
            ranks = gather([recent.read() for recent in self.recent])
            if trainer.is_global_zero:
                self.write(ranks)
        self.known = last.skipped
        for name, optimizer in module.gan_optimizers.items():
            if optimizer.consecutive_skipped >= self.max_consecutive:
                raise NotFinite(self.message(name, last))

    def write(self, ranks: list[list[Recent]]) -> None:
        before = self.known
        with self.file.open("a", encoding="utf-8") as file:
            for update in zip(*ranks, strict=True):
                skipped = [name for name, count in update[0].skipped.items() if count > before[name]]
                before = update[0].skipped
                if skipped:
                    file.write(json.dumps(describe(skipped, update)) + "\n")

    def message(self, network: str, last: Recent) -> str:
        values = ", ".join(f"{name} {value:.4g}" for name, value in last.values.items())
        return (
            f"the {network} skipped {self.max_consecutive} consecutive steps, because losses or gradients were not "
            f"finite (at update {last.update}: {values}); {self.file} has the keys of the clips. The weights of all "
            "checkpoints are finite: a lower learning rate, clip_norm or trainer.precision=32-true may help from one"
        )


def describe(skipped: list[str], ranks: tuple[Recent, ...]) -> dict[str, Any]:
    """What happened in an update, with the values and keys of each rank."""
    # JSON has no numbers for what is not finite.
    values = [{n: v if math.isfinite(v) else str(v) for n, v in rank.values.items()} for rank in ranks]
    return {"update": ranks[0].update, "skipped": skipped, "values": values, "keys": [rank.keys for rank in ranks]}
