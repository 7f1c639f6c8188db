"""Validation by updates: the evaluation's own metrics, the losses, and the use of the codebooks over the whole set."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor

from lfsc.distributed import sum_over_ranks
from lfsc.metrics import codebook
from lfsc.metrics.fidelity import SISDR, MelDistance, STFTDistance
from lfsc.training.module import CodecModule

logger = logging.getLogger(__name__)


class Validation(Callback):
    """Runs at update 0, every `every` updates and at the end; leaves the means in `module.validation`."""

    def __init__(self, *, every: int, max_updates: int, sample_rate: int):
        self.every = every
        self.max_updates = max_updates
        self.metrics = {"mel": MelDistance(sample_rate=sample_rate), "stft": STFTDistance(), "si_sdr": SISDR()}
        self.sums: dict[str, Tensor] = {}
        self.clips = 0
        self.counts = torch.zeros((), dtype=torch.int64)

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        # A run that resumes within its warm-up has been validated before the warm-up.
        if module.updates == module.warmup.done == 0:
            self.validate(trainer, module)
            if not module.validation and trainer.is_global_zero:
                logger.warning(
                    "no validation: the corpus has no clips for it, or data.max_val_clips is 0; the run has no val/ "
                    "metrics, no best checkpoint, and no early stopping"
                )

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, *_) -> None:
        if module.warmup.under_way:
            return
        if module.updates % self.every == 0 or module.updates == self.max_updates:
            self.validate(trainer, module)

    def validate(self, trainer: Trainer, module: CodecModule) -> None:
        """Run Lightning's validation loop here and now: its own schedule counts batches and epochs, ours updates."""
        if module.validated_at == module.updates or not trainer.enable_validation:
            return
        # As Lightning's own epoch loop does around it: this flag of the batch under way would be lost.
        first_iteration = trainer._logger_connector._first_loop_iter
        trainer.validating = True
        with for_any_length():
            trainer.fit_loop.epoch_loop.val_loop.run()
        trainer.training = True
        trainer._logger_connector._first_loop_iter = first_iteration

    def on_validation_epoch_start(self, trainer: Trainer, module: CodecModule) -> None:
        self.sums, self.clips, self.counts = {}, 0, torch.zeros((), dtype=torch.int64)
        for metric in self.metrics.values():
            metric.to(module.device)

    def on_validation_batch_end(self, trainer: Trainer, module: CodecModule, outputs: Any, batch: Any, *_) -> None:
        real, fake = batch.audio, outputs.audio
        clips = len(real)
        values = {name: metric(fake, real, batch.lengths).sum() for name, metric in self.metrics.items()}
        # In parts, as in an update: the discriminators of the whole batch would need the memory that parts save.
        for part in zip(real.chunk(module.num_micro_batches), fake.chunk(module.num_micro_batches), strict=True):
            for name, loss in module.losses(*part).items():
                values[f"loss_{name}"] = values.get(f"loss_{name}", 0) + loss * len(part[0])
        frames = module.codec.frames(batch.lengths)
        size = module.codec.codebook_size
        self.counts = self.counts + codebook.token_counts(outputs.tokens, codebook_size=size, tokens_len=frames)
        self.sums = {name: self.sums.get(name, 0) + value.double() for name, value in values.items()}
        self.clips += clips

    def on_validation_epoch_end(self, trainer: Trainer, module: CodecModule) -> None:
        sums = torch.stack([torch.tensor(self.clips, dtype=torch.float64, device=module.device), *self.sums.values()])
        clips, *totals = sum_over_ranks(sums).tolist()
        counts = sum_over_ranks(self.counts).cpu()
        means = {f"val/{name}": total / clips for name, total in zip(self.sums, totals, strict=True)}
        module.validation = means | codebook_use(counts)
        module.validated_at = module.updates
        # For EarlyStopping and others that read it when the validation ends.
        trainer.callback_metrics.update({name: torch.tensor(value) for name, value in module.validation.items()})


@contextmanager
def for_any_length() -> Iterator[None]:
    """Inside, nothing is compiled, and no algorithm of cuDNN's is sought, for each length of clips."""
    benchmark, torch.backends.cudnn.benchmark = torch.backends.cudnn.benchmark, False
    try:
        with torch.compiler.set_stance("force_eager"):
            yield
    finally:
        torch.backends.cudnn.benchmark = benchmark


def codebook_use(counts: Tensor) -> dict[str, float]:
    """Share of its tokens that each codebook used, and bits a token, over a whole set."""
    usage, entropy = codebook.usage(counts).tolist(), codebook.entropy(counts).tolist()
    return {
        "val/codebook_usage": sum(usage) / len(usage),
        "val/codebook_entropy": sum(entropy) / len(entropy),
        **{f"val/codebook_usage_{i}": value for i, value in enumerate(usage)},
        **{f"val/codebook_entropy_{i}": value for i, value in enumerate(entropy)},
    }
