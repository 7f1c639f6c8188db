"""What a run computes in."""

from typing import Any, Final

import torch
from lightning.pytorch.plugins.precision import MixedPrecision
from torch.amp import GradScaler

FULL, BFLOAT16 = "32-true", "bf16-mixed"
FLOAT16: Final = "16-mixed"
ALIASES = {"fp16-mixed": FLOAT16, "32": FULL, 32: FULL}


def check_precision(settings: dict[str, Any]) -> str:
    """Lightning's name of trainer.precision; ValueError for one that Lightning would quietly make another."""
    precision = ALIASES.get(settings["precision"], settings["precision"])
    if precision not in (FULL, BFLOAT16, FLOAT16):
        raise ValueError(
            f"trainer.precision={precision}: expected {FULL}, {BFLOAT16} or {FLOAT16}; weights, losses, spectrograms "
            "and the quantizer are float32 in all of them"
        )
    if precision == FLOAT16 and not on_gpu(settings):
        raise ValueError(
            f"trainer.precision={precision} needs a GPU, and this run is on the CPU: take {BFLOAT16}, or {FULL}"
        )
    return precision


def on_gpu(settings: dict[str, Any]) -> bool:
    return settings["accelerator"] in ("gpu", "cuda") or (
        settings["accelerator"] == "auto" and torch.cuda.is_available()
    )


def set_tf32(allowed: bool, precision: str) -> None:
    """Whether convolutions in float32 may take TF32, on a GPU.

    Never those that mixed precision leaves in float32, and never matrix products: they are float32 for their mantissa.
    """
    torch.backends.cudnn.allow_tf32 = allowed and precision == FULL


def build_scaler(precision: str) -> GradScaler:
    """A scaler of gradients that float16 needs, and that does nothing for the others; each network has its own."""
    return GradScaler("cuda", enabled=precision == FLOAT16)


def precision_plugins(precision: str) -> list[MixedPrecision]:
    """float16 without Lightning's one scaler for everything: the networks have theirs."""
    return [MixedPrecision(FLOAT16, "cuda", scaler=GradScaler("cuda", enabled=False))] if precision == FLOAT16 else []
