"""How the weights of one of the two networks change."""

import math
from collections.abc import Callable, Iterable
from inspect import Parameter as Argument
from inspect import signature
from typing import Any

import torch
from lightning.pytorch.utilities.types import OptimizerConfig, OptimizerLRSchedulerConfig
from torch import Tensor
from torch.amp import GradScaler
from torch.nn import Parameter
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lfsc.training.optimizer_state import check_when_loaded


class GanOptimizer:
    """The optimizer of one network with its schedule, its loss scaling, and gradients no longer than `clip_norm`.

    `optimizer` makes a torch optimizer of parameters, `schedule` a scheduler of that optimizer, which is stepped after
    each of the generator's updates. A step whose loss or gradients are not finite is skipped; where the optimizer is a
    fused one, on the device, so that nobody waits for it to be known.
    """

    def __init__(
        self,
        *,
        optimizer: Callable[[Iterable[Parameter]], Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        clip_norm: float | None = None,
        scaler: GradScaler | None = None,
    ):
        if clip_norm is not None and not (type(clip_norm) in (int, float) and clip_norm > 0):
            raise ValueError(f"clip_norm={clip_norm}: expected a positive number, or null for none")
        self.optimizer = optimizer
        self.schedule = schedule
        self.clip_norm = math.inf if clip_norm is None else clip_norm
        # float16 needs its gradients scaled, each network's by its own factor; otherwise a scaler does nothing.
        self.scaler = scaler or GradScaler(enabled=False)
        self.skipped = torch.tensor(0)  # steps, in all
        self.consecutive_skipped = torch.tensor(0)

    def configure(self, parameters: Iterable[Parameter]) -> OptimizerConfig:
        """The optimizer of `parameters` and its schedule, as Lightning takes them."""
        optimizer = self.optimizer(list(parameters))
        require_plain_step(optimizer)
        check_when_loaded(optimizer)
        if self.schedule is None:
            return {"optimizer": optimizer}
        schedule = self.schedule(optimizer)
        require_plain_step(schedule)
        return OptimizerLRSchedulerConfig(optimizer=optimizer, lr_scheduler={"scheduler": schedule, "interval": "step"})

    def scale(self, loss: Tensor) -> Tensor:
        """The loss as backward takes it; one that is not finite spoils its gradients."""
        # So that every rank knows, by what they reduce, and all skip the step.
        spoiling = torch.where(loss.detach().isfinite(), 1.0, math.nan)
        return self.scaler.scale(loss * spoiling)

    def step(self, optimizer: Optimizer) -> Tensor:
        """Step down the gradients and return their norm before clipping."""
        self.scaler.unscale_(optimizer)
        norm = self.clip(optimizer)
        is_skipped = norm.isfinite().logical_not()
        if getattr(optimizer, "_step_supports_amp_scaling", False):
            optimizer.found_inf = is_skipped.float()  # type: ignore[attr-defined]  # of fused ones only
            optimizer.step()
        elif not is_skipped:
            optimizer.step()
        self.scaler.update()
        self.count(is_skipped)
        return norm

    def count(self, is_skipped: Tensor) -> None:
        """Count a step, in place: a CUDA graph knows the counts by their addresses."""
        self.skipped = self.skipped.to(is_skipped.device)
        self.skipped += is_skipped
        self.consecutive_skipped = self.consecutive_skipped.to(is_skipped.device)
        self.consecutive_skipped += is_skipped
        self.consecutive_skipped *= is_skipped

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
            "consecutive_skipped": int(self.consecutive_skipped),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state["scaler"]:  # empty where the run was not in float16 before
            self.scaler.load_state_dict(state["scaler"])
        self.skipped = torch.tensor(state["skipped"])
        self.consecutive_skipped = torch.tensor(state["consecutive_skipped"])


def require_plain_step(stepping: Optimizer | LRScheduler) -> None:
    """ValueError for what cannot step without more, such as LBFGS (a closure) and ReduceLROnPlateau (a metric)."""
    arguments = signature(stepping.step).parameters.values()
    positional = (Argument.POSITIONAL_ONLY, Argument.POSITIONAL_OR_KEYWORD)
    if needed := [each.name for each in arguments if each.default is Argument.empty and each.kind in positional]:
        raise ValueError(
            f"{type(stepping).__name__}.step() needs {', '.join(needed)}: expected an optimizer and a schedule that "
            "step after every update without arguments"
        )
