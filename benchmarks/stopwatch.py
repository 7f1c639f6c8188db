"""What both sides of a comparison are timed with: Lightning's own callbacks around the update. Needs no lfsc."""

import json
import time

import torch
from lightning.pytorch import Callback, Trainer
from turns import wait_for_turn

CROP = 24576


class Stopwatch(Callback):
    """Seconds of every update, the device's work included, each in a turn of this process."""

    def __init__(self):
        self.seconds = []

    def on_train_batch_start(self, *_):
        wait_for_turn()
        synchronize()
        self.begin = time.perf_counter()

    def on_train_batch_end(self, *_):
        synchronize()
        self.seconds.append(time.perf_counter() - self.begin)


def timed_fit(module, batches: list, **options) -> None:
    """Train on `batches` and print what the updates took and the most memory that was held, as a line of JSON."""
    stopwatch = Stopwatch()
    fit(module, batches, callbacks=[stopwatch], **options)
    print("RESULT", json.dumps({"seconds": stopwatch.seconds, "peak_bytes": peak_bytes()}), flush=True)


def fit(module, batches: list, **options) -> None:
    """Train on `batches` by a trainer with `options`, and nothing else: no validation, log or checkpoint."""
    trainer = Trainer(
        max_epochs=1,
        accelerator="auto",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )
    trainer.fit(module, torch.utils.data.DataLoader(batches, batch_size=None))


def noise(batch: int, updates: int) -> list[torch.Tensor]:
    """Audio [B,T] for each update."""
    generator = torch.Generator().manual_seed(0)
    audio = [0.1 * torch.randn(batch, CROP, generator=generator) for _ in range(updates)]
    # As a training's loader gives it: a copy of other memory lets the host wait for all that the device has to do.
    return [clips.pin_memory() for clips in audio] if torch.cuda.is_available() else audio


def synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def peak_bytes() -> int:
    """The most memory held so far: allocated on the GPU, or of this process where there is none."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    # Not getrusage's, which begins with what the parent held.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
