"""How the codebooks are used in training, over more clips than a validation has."""

from typing import Any

import torch
from lightning.pytorch import Callback, Trainer

from lfsc.distributed import sum_over_ranks
from lfsc.metrics import codebook
from lfsc.training.module import CodecModule


class CodebookUsage(Callback):
    """Every `window` updates, the share of their tokens that the codebooks used in them: the mean and the worst."""

    def __init__(self, *, window: int):
        self.window = window
        self.counts = torch.zeros(0, dtype=torch.int64)

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        self.shape = (module.codec.num_codebooks, module.codec.codebook_size)
        total = self.shape[0] * self.shape[1]
        kept = self.counts if self.counts.numel() == total else torch.zeros(total, dtype=torch.int64)
        # What was counted before, by all ranks, is one rank's to keep.
        self.counts = (kept if trainer.is_global_zero else torch.zeros_like(kept)).to(module.device)
        self.hook = module.codec.quantizer.register_forward_hook(self.count)

    def count(self, quantizer: torch.nn.Module, inputs: Any, quantized: Any) -> None:
        if not quantizer.training:
            return
        codebooks, size = self.shape
        # Latents that are not finite have no tokens.
        tokens = quantized.tokens.clamp(0, size - 1)
        valid = tokens == quantized.tokens
        places = tokens + size * torch.arange(codebooks, device=tokens.device)[:, None]
        # Not bincount, which waits for the device to learn how long its result is.
        self.counts.scatter_add_(0, places.flatten(), valid.long().flatten())

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, *_) -> None:
        if module.warmup.under_way:
            self.counts.zero_()
        if module.warmup.under_way or module.updates % self.window:
            return
        usage = codebook.usage(sum_over_ranks(self.counts).view(self.shape))
        module.measured |= {"codebook/usage": usage.mean().item(), "codebook/usage_min": usage.min().item()}
        self.counts.zero_()

    def on_train_end(self, trainer: Trainer, module: CodecModule) -> None:
        self.hook.remove()

    def state_dict(self) -> dict[str, Any]:
        return {"counts": sum_over_ranks(self.counts).cpu()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.counts = state_dict["counts"]
