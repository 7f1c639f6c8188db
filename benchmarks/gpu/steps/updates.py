"""Updates in every precision and batch, where the host waits, and which kernels there are."""

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
    small = module_of("small")
    for batch in (BATCH // 2, LARGE):
        measure(report, "small", small, batch=batch)
        measure_replayed(report, "small", small, batch=batch)
    measure(report, "full size", module, batch=LARGE, precision="32-true")
    measure(report, "full size, deterministic", module, batch=BATCH, deterministic=True)
    torch.use_deterministic_algorithms(False)
    # Last: it tries every algorithm of some 1,200 convolutions.
    measure(report, "full size, cudnn benchmark", module, batch=BATCH, benchmark=True)
