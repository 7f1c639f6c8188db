"""What goes to the loggers, by update."""

from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer

from lfsc.distributed import gather, sum_over_ranks
from lfsc.training.loggers.csv import MetricsCSV
from lfsc.training.module import CodecModule


class MetricLogging(Callback):
    """Training scalars every `every` updates and at the end, validations when they happen: one row per update.

    Those of a warm-up, by its own updates, go into a file beside them, and the last of them to the loggers as `warmup`.
    The row that was written last is `module.recorded`, of update `module.recorded_at`.
    """

    def __init__(self, *, every: int, max_updates: int, warmup_file: Path):
        self.every = every
        self.max_updates = max_updates
        self.warmup_log = MetricsCSV(warmup_file)
        self.skipped = 0  # clips that the data could not give, since the run began

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        if not trainer.is_global_zero:
            self.skipped = 0  # what was counted before, over all ranks, is one rank's to keep
        # metrics.csv last: the others take from it what they lack, before it is cut.
        for logger in reversed(trainer.loggers):
            if hasattr(logger, "resume_at"):
                logger.resume_at(module.updates)
        if module.warmup.updates:
            self.warmup_log.resume_at(module.warmup.done)
        if module.validated_at == module.updates:
            record(trainer, module, module.validation)

    def on_train_batch_start(self, trainer: Trainer, module: CodecModule, *_) -> None:
        # Lightning's count of batches, under which other people's callbacks log: a warm-up and a resume are not in it.
        trainer.fit_loop.epoch_loop._batches_that_stepped = module.updates

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, outputs, batch, *_) -> None:
        self.skipped += len(batch.skipped)
        if module.warmup.under_way:
            self.record_warmup(trainer, module)
            return
        row = dict(module.validation) if module.validated_at == module.updates else {}
        if module.updates % self.every == 0 or module.updates == self.max_updates:
            row |= self.training_values(trainer, module)
        if row:
            record(trainer, module, row)

    def record_warmup(self, trainer: Trainer, module: CodecModule) -> None:
        if not module.warmup.is_due(self.every):
            return
        values = self.training_values(trainer, module)
        self.warmup_log.log_metrics(values, step=module.warmup.done)
        if module.warmup.done == module.warmup.updates:
            last = {name.replace("train/", "warmup/"): value for name, value in values.items() if "train/" in name}
            record(trainer, module, {"warmup/updates": module.warmup.done, **last})

    def training_values(self, trainer: Trainer, module: CodecModule) -> dict[str, float]:
        """The last update's scalars, averaged over ranks, and what was measured around them."""
        return {
            **{column(name): mean for name, mean in module.mean_scalars().items()},
            **{f"lr/{name}": module.torch_optimizer(name).param_groups[0]["lr"] for name in module.gan_optimizers},
            **{f"skipped/{name}": int(optimizer.skipped) for name, optimizer in module.gan_optimizers.items()},
            **module.measured,
            "data/skipped_clips": int(sum_over_ranks(torch.tensor(self.skipped, device=module.device))),
        }

    def state_dict(self) -> dict[str, Any]:
        return {"skipped": sum(gather(self.skipped))}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.skipped = state_dict["skipped"]


def column(name: str) -> str:
    return name if "/" in name else f"train/{name}"


def record(trainer: Trainer, module: CodecModule, values: dict[str, float]) -> None:
    trainer.callback_metrics.update({name: torch.tensor(float(value)) for name, value in values.items()})
    # metrics.csv last: a row in it tells that all others have it too.
    for logger in reversed(trainer.loggers):
        logger.log_metrics(values, step=module.updates)
    module.recorded, module.recorded_at = values, module.updates
