"""What a profiler and torch see of updates: kernels, and waits for the device."""

import re
import time
import warnings
from collections import Counter, defaultdict

import torch
from lightning.pytorch import Callback
from report import Report
from stopwatch import synchronize
from timing import train
from torch.profiler import ProfilerActivity, profile
from workload import BATCH, DEVICE, DRY, WARM

from lfsc.training.module import CodecModule

# Words in the names of kernels, by what they do; the first that fits counts.
KINDS = {
    "layout": "nchwtonhwc|nhwctonchw|transpose",
    "reflection": "reflection_pad",
    "fft": "fft",
    "optimizer": "adam|multi_tensor|lpnorm",
    "weight norm": "weight_norm",
    "attention": "flash|fmha|attention|softmax",
    "convolution, matrix product": "xmma|cutlass|cudnn|gemm|conv|wgrad|dgrad|fprop|sm80|sm90|wgmma|nvjet",
    "reduction": "reduce",
    "copy, cast": "copy|catarray|memcpy|memset",
    "elementwise": "elementwise|unrolled|vectorized|triton",
}


def kernels(report: Report, module: CodecModule) -> None:
    """The kernels of an update of each kind, by kind, and how busy the device is."""
    profiler = profile(activities=[ProfilerActivity.CPU, *([] if DRY else [ProfilerActivity.CUDA])], acc_events=True)

    class Traced(Callback):
        def on_train_batch_start(self, trainer, module, batch, number):
            if number == WARM:
                synchronize()
                profiler.start()
                self.begin = time.perf_counter()

        def on_train_batch_end(self, trainer, module, outputs, batch, number):
            if number == WARM + 1:
                synchronize()
                self.wall = time.perf_counter() - self.begin
                profiler.stop()

    traced = Traced()
    train(module, batch=BATCH, precision="bf16-mixed", count=WARM + 2, callbacks=[traced])
    found, device = defaultdict(lambda: [0, 0.0]), getattr(torch.autograd.DeviceType, DEVICE.upper())
    for event in profiler.events():
        # An annotation lasts from its first kernel to its last: with it they would count twice.
        if not event.is_user_annotation and event.device_type == device:
            spent = (event.self_cpu_time_total if DRY else event.self_device_time_total) / 1e6
            fitting = (kind for kind, words in KINDS.items() if re.search(words, event.name.lower()))
            kind = found[next(fitting, "other")]
            kind[0], kind[1] = kind[0] + 1, kind[1] + spent
    count, busy = sum(number for number, _ in found.values()), sum(spent for _, spent in found.values())
    report.say(
        f"kernels of an update of each kind, batch {BATCH}: {count}, {1e3 * busy:.1f} ms in {1e3 * traced.wall:.1f} ms",
        kernels=found,
    )
    for kind, (number, spent) in sorted(found.items(), key=lambda entry: -entry[1][1]):
        report.say(f"   {kind}: {number}, {1e3 * spent:.2f} ms, {spent / busy:.1%}")
    by_time = "self_cpu_time_total" if DRY else "self_device_time_total"
    table = profiler.key_averages().table(sort_by=by_time, row_limit=60, max_name_column_width=120)
    (report.out / "kernels.txt").write_text(table)


def waits(report: Report, module: CodecModule) -> None:
    """How often two updates wait for the device."""
    seen = Counter()

    class Watched(Callback):
        def on_train_batch_start(self, trainer, module, batch, number):
            if number == WARM and not DRY:
                torch.cuda.set_sync_debug_mode("warn")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, kind, file, line, *_: seen.update([f"{file}:{line} {str(message)[:60]}"])
        train(module, batch=BATCH, precision="bf16-mixed", count=WARM + 2, callbacks=[Watched()])
    if not DRY:
        torch.cuda.set_sync_debug_mode("default")
    found = {where.split("site-packages/")[-1]: count for where, count in seen.items() if "synchroniz" in where}
    report.say(f"waits for the device in two updates: {sum(found.values())} {found or ''}", waits=found)
