"""The random generators, so that a resumed run draws what the uninterrupted one would have drawn."""

import random
from typing import Any

import numpy
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from lfsc.distributed import gather
from lfsc.io.restoring import taking_back


class RngState(Callback):
    """Keeps the state of every rank's generators in the checkpoint, as plain containers and tensors."""

    def __init__(self):
        self.restored: list[dict[str, Any]] = []

    def state_dict(self) -> dict[str, Any]:
        return {"ranks": gather(current_state())}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.restored = state_dict["ranks"]

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        # Only now: what came between loading and here may have drawn numbers.
        if trainer.global_rank < len(self.restored):
            with taking_back("state of the random generators"):
                restore(self.restored[trainer.global_rank])


def current_state() -> dict[str, Any]:
    state: Any = numpy.random.get_state()  # a tuple, as nobody asks for the other form
    name, words, *rest = state
    return {
        "python": random.getstate(),
        "numpy": (name, words.tolist(), *rest),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None,
    }


def restore(state: dict[str, Any]) -> None:
    random.setstate(state["python"])
    name, words, place, *rest = state["numpy"]
    if not 0 <= place <= len(words):
        # numpy takes any, and draws from there.
        raise ValueError(f"numpy's generator at {place} of {len(words)} words")
    numpy.random.set_state((name, words, place, *rest))
    torch.set_rng_state(state["torch"])
    if state["cuda"] is not None and torch.cuda.is_initialized():
        torch.cuda.set_rng_state(state["cuda"])
