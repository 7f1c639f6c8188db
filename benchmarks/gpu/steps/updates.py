"""Updates in every precision and batch, where the host waits, and which kernels there are."""

from unittest import mock

import torch
from report import Report
from timing import measure, measure_replayed
from workload import BATCH, DRY, LARGE, full_size, module_of

from steps.traces import kernels, waits


def run(report: Report) -> None:
    module = full_size(report.out)
    measure(report, "full size", module, batch=BATCH)
    measure(report, "full size", module, batch=LARGE)
    for batch in (BATCH, LARGE):
        measure_replayed(report, "full size", module, batch=batch)
    measure(report, "full size, the host's own time", module, batch=1)
    measure(report, "full size", module, batch=BATCH, precision="32-true")
    if not DRY:  # a CPU has no fp16
        measure(report, "full size", module, batch=BATCH, precision="16-mixed")
    kernels(report, module)
    waits(report, module)
    # More kernels, but none that adds element by element; the same gradient is the deterministic row's.
    with mock.patch("lfsc.nn.reflection.prefers_torch", lambda x: False):
        measure(report, "full size, reflection's gradient by copies", module, batch=BATCH)
        for batch in (BATCH, LARGE):
            measure_replayed(report, "full size, reflection's gradient by copies", module, batch=batch)
    small = module_of("small")
    for batch in (BATCH // 2, LARGE):
        measure(report, "small", small, batch=batch)
        measure_replayed(report, "small", small, batch=batch)
    measure(report, "full size", module, batch=LARGE, precision="32-true")
    measure(report, "full size, deterministic", module, batch=BATCH, deterministic=True)
    torch.use_deterministic_algorithms(False)
    # Last: it tries every algorithm of some 1,200 convolutions.
    measure(report, "full size, cudnn benchmark", module, batch=BATCH, benchmark=True)
