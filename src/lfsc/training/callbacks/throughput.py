"""How fast the updates come."""

import resource
import time

import torch
from lightning.pytorch import Callback, Trainer

from lfsc.training.callbacks.profiler import synchronize
from lfsc.training.module import CodecModule


class Throughput(Callback):
    """Updates and seconds of audio a second, the share of time spent waiting for data, and peak memory."""

    def __init__(self, *, sample_rate: int, window: int):
        self.sample_rate = sample_rate
        self.window = window
        self.is_paused = False

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        self.restart()

    def restart(self) -> None:
        synchronize()
        self.updates = self.samples = 0
        self.waited = 0.0
        self.begin = self.ended = time.perf_counter()

    def on_train_batch_start(self, trainer: Trainer, module: CodecModule, *_) -> None:
        now = time.perf_counter()
        if self.is_paused:
            self.begin += now - self.ended
            self.ended, self.is_paused = now, False
        self.waited += now - self.ended

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, outputs, batch, *_) -> None:
        self.updates += 1
        self.samples += batch.audio.numel() * trainer.world_size
        is_complete = self.updates == self.window or trainer.should_stop
        if is_complete:
            # Only where the window ends: a GPU that is waited for idles until it is told what comes next.
            synchronize()
        self.ended = time.perf_counter()
        if is_complete:
            elapsed = self.ended - self.begin
            module.measured |= {
                "throughput/updates_per_second": self.updates / elapsed,
                "throughput/audio_seconds_per_second": self.samples / self.sample_rate / elapsed,
                "throughput/waiting_for_data": self.waited / elapsed,
                "throughput/peak_memory_gb": peak_memory(module.device) / 1e9,
            }
            self.restart()

    def on_validation_start(self, trainer: Trainer, module: CodecModule) -> None:
        self.pause()

    def on_save_checkpoint(self, *_) -> None:
        self.pause()

    def pause(self) -> None:
        """Count neither as updates nor as waiting what comes between: from now on until the next update begins."""
        if self.updates and not self.is_paused:
            # The device may still be at work on updates that have ended here.
            synchronize()
            self.ended = time.perf_counter()
        self.is_paused = True


def peak_memory(device: torch.device) -> int:
    """Bytes: the most that was allocated on a GPU, or by this process where it trains on the CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
