"""How one of the two players learns."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import ExponentialLR


class Player:
    """Adam with a learning rate that is multiplied by `decay` an epoch, and gradients no longer than `clip_norm`."""

    def __init__(self, *, lr: float, betas: list[float], decay: float, clip_norm: float | None):
        if clip_norm is not None and clip_norm <= 0:
            raise ValueError(f"clip_norm={clip_norm}: expected a positive number, or null for none")
        self.lr = lr
        self.betas = tuple(betas)
        self.decay = decay
        self.clip_norm = math.inf if clip_norm is None else clip_norm

    def optimizer(self, parameters: Iterable[Parameter]) -> Adam:
        return Adam(parameters, lr=self.lr, betas=self.betas)

    def schedule(self, optimizer: Optimizer) -> ExponentialLR:
        return ExponentialLR(optimizer, gamma=self.decay)

    def clip(self, optimizer: Optimizer) -> Tensor:
        """The norm of all gradients, before they are shortened to `clip_norm` in place."""
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        if self.clip_norm < math.inf:
            torch.nn.utils.clip_grads_with_norm_(parameters, self.clip_norm, norm)
        return norm
