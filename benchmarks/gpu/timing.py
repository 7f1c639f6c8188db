"""Updates on noise, and the time that they and other calls take."""

import gc
import sys
import time
from collections.abc import Callable
from statistics import median

import torch
from lightning.pytorch import Callback
from report import Report
from stopwatch import fit, noise, peak_bytes, synchronize
from update import GFLOP_A_CLIP
from workload import DRY, MICRO, ROW, SINGLE, WARM

from lfsc.data.batch import Batch
from lfsc.training.cuda_graphs import REHEARSALS, CapturedUpdates, CudaRecorder
from lfsc.training.module import CodecModule
from lfsc.training.precision import build_scaler, precision_plugins, set_tf32


class Clock(Callback):
    """Seconds of updates one by one, of the host alone and with the device, then of many in a row; after `warm`."""

    def __init__(self, warm: int):
        self.warm = warm
        self.count = warm + SINGLE + ROW
        self.host, self.whole, self.row = [], [], 0.0

    def on_train_batch_start(self, trainer, module, batch, number: int) -> None:
        if number == 0 and not DRY:  # before a capture, whose memory counts as free afterwards
            torch.cuda.reset_peak_memory_stats()
        if self.warm <= number <= self.warm + SINGLE:
            synchronize()
            self.begin = time.perf_counter()

    def on_train_batch_end(self, trainer, module, outputs, batch, number: int) -> None:
        if self.warm <= number < self.warm + SINGLE:
            self.host.append(time.perf_counter() - self.begin)
            synchronize()
            self.whole.append(time.perf_counter() - self.begin)
        if number == self.count - 1:
            synchronize()
            self.row = (time.perf_counter() - self.begin) / ROW


def train(module, *, batch: int, precision: str, count: int, callbacks: list, batch_of=None, **options) -> None:
    """Updates on noise, as `lfsc train` sets them up."""
    for optimizer in getattr(module, "gan_optimizers", {}).values():
        optimizer.scaler = build_scaler(precision)
        optimizer.skipped, optimizer.consecutive_skipped = torch.tensor(0), torch.tensor(0)
    module.updates = 0
    set_tf32(True, precision)
    batch_of = batch_of or (lambda audio: Batch(audio, [""] * len(audio), []))
    audio = noise(batch, 4)
    if DRY:
        audio = [clips[:, :4096] for clips in audio]
    batches = [batch_of(audio[number % len(audio)]) for number in range(count)]
    plugins = precision_plugins(precision)
    options = {"plugins": plugins, "precision": None if plugins else precision, "benchmark": False, **options}
    fit(module, batches, callbacks=callbacks, **options)


def measure(
    report: Report, name: str, module, *, batch: int, precision: str = "bf16-mixed", warm: int = WARM, **options
) -> dict:
    """A line of the report; nothing where the memory does not suffice or the precision is not for this device."""
    clock = Clock(warm)
    try:
        train(module, batch=batch, precision=precision, count=clock.count, callbacks=[clock], **options)
    except (RuntimeError, ValueError) as error:
        report.fail(f"{name}, {precision}, batch {batch}", error)
        module.zero_grad(set_to_none=True)
        return {}
    finally:
        gc.collect()
        torch.cuda.empty_cache()
    both, alone, host = median(clock.whole[::2]), median(clock.whole[1::2]), median(clock.host)
    peak = report.of("machine").get("peaks", {}).get(precision)
    is_full = name.startswith("full size") and not DRY
    share = f", {GFLOP_A_CLIP * 1e9 * batch / clock.row / peak:.1%} of the matrix peak" if peak and is_full else ""
    skipped = sum(int(each.skipped) for each in getattr(module, "gan_optimizers", {}).values())
    found = {"both": both, "alone": alone, "row": clock.row, "host": host, "bytes": peak_bytes(), "skipped": skipped}
    row = f"{name}, {precision}, batch {batch}"
    report.say(
        f"{row}: both {1e3 * both:.1f} ms, generator alone {1e3 * alone:.1f} ms, in a row {1e3 * clock.row:.1f} ms, "
        f"host {1e3 * host:.1f} ms, {found['bytes'] / 1e9:.1f} GB{share}, {skipped} steps skipped",
        **{row: found},
    )
    return found


def measure_replayed(report: Report, name: str, module: CodecModule, *, batch: int) -> None:
    """The same with cuda_graphs=true."""
    module.run_update = CapturedUpdates(module, make_recorder=cpu_recorder() if DRY else CudaRecorder)
    try:
        measure(report, f"{name}, cuda_graphs=true", module, batch=batch, warm=2 * (REHEARSALS + 1))
    finally:
        module.run_update = module.train_networks


def cpu_recorder() -> Callable:
    """What stands in for the device in a dry run."""
    sys.path.insert(0, str(MICRO.parent))
    from replaying import CpuRecorder

    return CpuRecorder


def seconds_of(work: Callable, *arguments, count: int = 5) -> float:
    """Of a call, the median."""
    spent = []
    for _ in range(count + 2):
        synchronize()
        begin = time.perf_counter()
        work(*arguments)
        synchronize()
        spent.append(time.perf_counter() - begin)
    return median(spent[2:])
