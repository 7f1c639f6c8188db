"""The callbacks that a recipe names beside lfsc's own."""

from typing import Any

from lightning.pytorch import Callback
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.callbacks import ModelSummary as LightningsSummary
from lightning.pytorch.callbacks import ProgressBar as LightningsProgressBar

from lfsc.config.instantiate import build

EARLY_STOPPING = "lightning.pytorch.callbacks.EarlyStopping"


def callback_settings(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The section `callbacks` without those that are null, and what `patience` asks for."""
    settings = {name: each for name, each in config["callbacks"].items() if each}
    if config["patience"] is None:
        return settings
    stopping = {"monitor": config["monitor"], "mode": config["mode"], "patience": config["patience"]}
    return settings | {"patience": {"_target_": EARLY_STOPPING, **stopping}}


def build_own_callbacks(config: dict[str, Any]) -> dict[str, Callback]:
    """The callbacks by their names; they find every metric of the update in `trainer.callback_metrics`.

    ValueError for what is no callback, for what lfsc does itself, and for two whose states a checkpoint cannot tell
    apart.
    """
    callbacks = build(callback_settings(config), where="callbacks")
    names: dict[str, str] = {}
    for name, callback in callbacks.items():
        kind = type(callback).__name__
        if not isinstance(callback, Callback):
            raise ValueError(f"callbacks.{name} is a {kind}: expected a Lightning Callback")
        if isinstance(callback, Checkpoint | LightningsProgressBar | LightningsSummary):
            raise ValueError(
                f"callbacks.{name} is a {kind}, but checkpoints (checkpoint_every, keep_last, save_top_k), progress "
                "and summary are lfsc's own here: leave it out"
            )
        if (other := names.setdefault(callback.state_key, name)) != name:
            raise ValueError(f"callbacks.{name} and callbacks.{other} are both {callback.state_key}: leave one out")
    return callbacks
