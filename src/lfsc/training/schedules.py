"""Learning rates over updates, for `optimizers.*.schedule` of a configuration."""

import math

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from lfsc.nn.arguments import require_numbers, require_whole


class ExponentialDecay(LRScheduler):
    """The learning rate, multiplied by `decay` after every `period` updates."""

    def __init__(self, optimizer: Optimizer, *, decay: float, period: int):
        require_whole(period=period)
        require_numbers(least=0, decay=decay)
        self.decay = decay
        self.period = period
        super().__init__(optimizer)

    def get_lr(self) -> list[float | Tensor]:
        factor = self.decay if self.last_epoch and self.last_epoch % self.period == 0 else 1.0
        return [group["lr"] * factor for group in self.optimizer.param_groups]


class WarmupCosine(LambdaLR):
    """From 0 up to the learning rate in `warmup_updates`, then down half a cosine to `final` of it at `max_updates`."""

    def __init__(self, optimizer: Optimizer, *, warmup_updates: int, max_updates: int, final: float = 0.0):
        if not 0 <= warmup_updates < max_updates:
            raise ValueError(f"warmup_updates={warmup_updates}: expected 0 to below max_updates={max_updates}")
        self.warmup_updates = warmup_updates
        self.max_updates = max_updates
        self.final = final
        super().__init__(optimizer, self.factor)

    def factor(self, update: int) -> float:
        if update < self.warmup_updates:
            return (update + 1) / (self.warmup_updates + 1)
        progress = min(1.0, (update - self.warmup_updates) / (self.max_updates - self.warmup_updates))
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * progress)) / 2
