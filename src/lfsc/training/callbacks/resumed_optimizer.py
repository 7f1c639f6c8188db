"""What a resumed run was told anew about how its players learn."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer


class ResumedOptimizer(Callback):
    """Puts a learning rate, its decay or betas that the run did not have before into what its checkpoint restores.

    Otherwise the optimisers would go on with the old ones, whatever the configuration says. What the rates have decayed
    by so far stays.
    """

    def on_load_checkpoint(self, trainer: Trainer, module: LightningModule, checkpoint: dict[str, Any]) -> None:
        before, now = (config["optimizers"] for config in (checkpoint["config"], module.config))
        states = zip(module.players, checkpoint["optimizer_states"], checkpoint["lr_schedulers"], strict=True)
        for name, optimizer, scheduler in states:
            if before[name] != now[name]:
                change(optimizer, scheduler, before[name], now[name])


def change(optimizer: dict[str, Any], scheduler: dict[str, Any], before: dict[str, Any], now: dict[str, Any]) -> None:
    for group in optimizer["param_groups"]:
        if before["lr"] != now["lr"]:
            decayed = group["lr"] / before["lr"] if before["lr"] else 1.0
            group["lr"], group["initial_lr"] = now["lr"] * decayed, now["lr"]
        group["betas"] = tuple(now["betas"])
    scheduler["gamma"] = now["decay"]
    scheduler["base_lrs"] = [now["lr"]] * len(scheduler["base_lrs"])
    scheduler["_last_lr"] = [group["lr"] for group in optimizer["param_groups"]]
