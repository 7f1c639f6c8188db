"""What is measured, and how much of it: sizes for a GPU, or with DRY=1 tiny ones for the CPU."""

import os
from pathlib import Path

import torch
from update import FULL_SIZE, write_wavlm

from lfsc.config.compose import compose
from lfsc.training.build import build_module
from lfsc.training.module import CodecModule

PROJECT = Path(__file__).resolve().parents[2]
DRY = os.environ.get("DRY") == "1"
DEVICE = "cpu" if DRY else "cuda"
BATCH, LARGE = (2, 4) if DRY else (16, 64)
# Updates that warm up, those that are timed one by one, and those that are timed in a row.
WARM, SINGLE, ROW = (2, 2, 2) if DRY else (4, 8, 12)
MICRO = PROJECT / "tests" / "training" / "micro.yaml"


def module_of(recipe: str, *overrides: str) -> CodecModule:
    torch.manual_seed(0)
    tiny = ["trainer=cpu"] if DRY else []
    return build_module(compose(str(MICRO) if DRY else recipe, ["data.path=unused", *tiny, *overrides]))


def full_size(out: Path) -> CodecModule:
    """The paper's training, with a WavLM of random weights."""
    return module_of(FULL_SIZE, *([] if DRY else [f"slm.path={wavlm(out)}"]))


def wavlm(out: Path) -> str:
    """The folder of a WavLM of random weights."""
    folder = out / "wavlm"
    if not (folder / "config.json").exists():
        write_wavlm(str(folder))
    return str(folder)
