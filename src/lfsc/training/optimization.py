"""How one of the two players learns."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.amp import GradScaler
from torch.nn import Parameter
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import ExponentialLR


class GanOptimizer:
    """Adam with a learning rate that is multiplied by `decay` an epoch, and gradients no longer than `clip_norm`.

    A step whose loss or gradients are not finite is left out, on the device: nobody has to wait for it to be known.
    """

    def __init__(
        self,
        *,
        lr: float,
        betas: list[float],
        decay: float,
        clip_norm: float | None,
        scaler: GradScaler | None = None,
    ):
        if clip_norm is not None and clip_norm <= 0:
            raise ValueError(f"clip_norm={clip_norm}: expected a positive number, or null for none")
        self.lr = lr
        self.betas = tuple(betas)
        self.decay = decay
        self.clip_norm = math.inf if clip_norm is None else clip_norm
        # float16 needs its gradients scaled, each player's by its own factor; otherwise a scaler does nothing.
        self.scaler = scaler or GradScaler(enabled=False)
        self.skipped = torch.tensor(0)  # steps that were left out, in all
        self.skipped_in_a_row = torch.tensor(0)

    def optimizer(self, parameters: Iterable[Parameter]) -> Adam:
        # Fused: the only Adam that can be told on the device to leave a step out.
        return Adam(parameters, lr=self.lr, betas=self.betas, fused=True)

    def schedule(self, optimizer: Optimizer) -> ExponentialLR:
        return ExponentialLR(optimizer, gamma=self.decay)

    def scaled(self, loss: Tensor) -> Tensor:
        """The loss as backward takes it; one that is not finite spoils its gradients."""
        # So that every rank knows, by what they reduce, and all leave the step out.
        spoiling = torch.where(loss.detach().isfinite(), 1.0, math.nan)
        return self.scaler.scale(loss * spoiling)

    def step(self, optimizer: Optimizer) -> Tensor:
        """Step down the gradients and return their norm before clipping."""
        self.scaler.unscale_(optimizer)
        norm = self.clip(optimizer)
        left_out = norm.isfinite().logical_not()
        optimizer.found_inf = left_out.float()
        optimizer.step()
        self.scaler.update()
        self.skipped = self.skipped.to(norm.device) + left_out
        self.skipped_in_a_row = (self.skipped_in_a_row.to(norm.device) + left_out) * left_out
        return norm

    def clip(self, optimizer: Optimizer) -> Tensor:
        """The norm of all gradients, before they are shortened to `clip_norm` in place."""
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        if self.clip_norm < math.inf:
            torch.nn.utils.clip_grads_with_norm_(parameters, self.clip_norm, norm)
        return norm

    def state_dict(self) -> dict[str, Any]:
        return {
            "scaler": self.scaler.state_dict(),
            "skipped": int(self.skipped),
            "skipped_in_a_row": int(self.skipped_in_a_row),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state["scaler"]:  # empty where the run was not in float16 before
            self.scaler.load_state_dict(state["scaler"])
        self.skipped = torch.tensor(state["skipped"])
        self.skipped_in_a_row = torch.tensor(state["skipped_in_a_row"])
