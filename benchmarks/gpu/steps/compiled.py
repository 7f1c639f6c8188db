"""compile=true and compile=all: graphs, the seconds that they take, and what they give."""

import time

import torch
from report import Report
from timing import measure, measure_replayed, train
from workload import BATCH, DRY, LARGE, full_size

from lfsc.training.compiling import compile_parts


def run(report: Report) -> None:
    backend = "eager" if DRY else "inductor"
    for parts in (True, "all"):
        torch.compiler.reset()
        torch._dynamo.utils.counters.clear()
        module = full_size(report.out)
        compile_parts(module, parts, backend=backend)
        begin = time.perf_counter()
        train(module, batch=BATCH, precision="bf16-mixed", count=2, callbacks=[])
        seconds, graphs = time.perf_counter() - begin, torch._dynamo.utils.counters["stats"]["unique_graphs"]
        name = f"compile={str(parts).lower()}"
        report.say(f"{name} by {backend}: {graphs} graphs, {seconds:.1f} s for two updates", **{name: seconds})
        for batch in (BATCH, LARGE):
            measure(report, f"full size, {name}", module, batch=batch)
            measure_replayed(report, f"full size, {name}", module, batch=batch)
