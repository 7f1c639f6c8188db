"""Optimizers and schedules of a resumed run whose configuration says something new of them."""

from itertools import product
from typing import Any

from lightning.pytorch import Callback, Trainer
from torch.optim.lr_scheduler import LRScheduler

from lfsc.config.checks import CURRICULUM
from lfsc.config.schema import value_at
from lfsc.io.messages import say_count
from lfsc.io.restoring import WHY
from lfsc.nn.arguments import brief
from lfsc.training.kept_state import require_alike
from lfsc.training.module import CodecModule


class ResumedOptimizer(Callback):
    """Puts settings that the run did not have before into what its checkpoint restores of optimizers and schedules.

    Otherwise they would keep the old ones, whatever the configuration says. What a learning rate has changed by so far
    stays. ValueError where another class of optimizer is asked for: its state would not fit.
    """

    def on_load_checkpoint(self, trainer: Trainer, module: CodecModule, checkpoint: dict[str, Any]) -> None:
        require_order(*(config["discriminators"] for config in (checkpoint["config"], module.config)))
        before, now = (config["optimizers"] for config in (checkpoint["config"], module.config))
        saved = checkpoint["lr_schedulers"]
        scheduled = [network for network in module.gan_optimizers if before[network].get("schedule")]
        if len(saved) != len(scheduled):
            raise ValueError(f"the checkpoint has {say_count(len(saved), 'schedule')}, not {len(scheduled)}: {WHY}")
        for network, key in product(module.gan_optimizers, ("_target_", "schedule._target_")):
            if value_at(before[network], key) != value_at(now[network], key):
                raise ValueError(
                    f"optimizers.{network}.{key} cannot change within a run: `lfsc train … init_from=RUN` starts "
                    "another from its weights"
                )
        schedules = dict(zip(scheduled, saved, strict=True))
        new: dict[str, Any] = dict(zip(module.gan_optimizers, module.configure_optimizers(), strict=True))
        for network, schedule in schedules.items():
            require_schedule(schedule, new[network]["lr_scheduler"]["scheduler"], f"optimizers.{network}.schedule")
        for network, optimizer in zip(module.gan_optimizers, checkpoint["optimizer_states"], strict=True):
            if before[network] == now[network]:
                continue
            change_optimizer(optimizer, before[network], now[network])
            if network in schedules:
                change_schedule(schedules[network], optimizer, now[network])


def require_schedule(saved: dict[str, Any], schedule: LRScheduler, what: str) -> None:
    """ValueError for what is no state of a new `schedule`, or lacks what it counts and of how many rates."""
    require_alike(saved, schedule, what)
    first = schedule.state_dict()
    for key in ("last_epoch", "base_lrs", "_last_lr"):
        if key in first and (key not in saved or (key != "last_epoch" and len(saved[key]) != len(first[key]))):
            raise ValueError(f"the checkpoint's state of {what}: {key} is {brief(saved.get(key))}; {WHY}")


def require_order(before: dict[str, Any], now: dict[str, Any]) -> None:
    """ValueError where the discriminators stand in another order: the optimizer knows their parameters by number."""
    kept = (*CURRICULUM, "_target_")
    saved, found = ([name for name, family in each.items() if family and name not in kept] for each in (before, now))
    if set(saved) == set(found) and saved != found:
        raise ValueError(
            f"config.yaml has discriminators in the order {', '.join(found)}, its checkpoint {', '.join(saved)}: put "
            "them back into that order"
        )


def change_optimizer(optimizer: dict[str, Any], before: dict[str, Any], now: dict[str, Any]) -> None:
    old = before.get("lr")
    for group in optimizer["param_groups"]:
        # The schedule's progress stays, and so does what groups have of their own.
        rates = [key for key in ("lr", "initial_lr") if key in group and old != now.get("lr")]
        group |= {key: now["lr"] * (group[key] / old if old else 1.0) for key in rates}
        settings = {key: now[key] for key in now.keys() & group.keys() - {"lr"} if now[key] != before.get(key)}
        group |= {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}


def change_schedule(schedule: dict[str, Any], optimizer: dict[str, Any], now: dict[str, Any]) -> None:
    groups = optimizer["param_groups"]
    rates = {"base_lrs": [group.get("initial_lr") for group in groups], "_last_lr": [group["lr"] for group in groups]}
    schedule |= {key: value for key, value in (now["schedule"] | rates).items() if key in schedule}
