"""What DDP costs on one device, and what it warns of."""

import re
import warnings

from report import Report
from timing import measure
from workload import BATCH, DRY, full_size

from lfsc.training.ddp import GanDDPStrategy


def run(report: Report) -> None:
    module = full_size(report.out)
    plain = measure(report, "full size, one device", module, batch=BATCH)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kind = "gloo" if DRY else "NCCL"
        wrapped = measure(report, f"full size, DDP by {kind}", module, batch=BATCH, strategy=GanDDPStrategy())
    for line in {str(warning.message).splitlines()[0][:200] for warning in caught}:
        if re.search("DDP|stream|stride", line):
            report.say(f"   warned: {line}")
    if plain and wrapped:
        report.say(f"DDP costs {1e3 * (wrapped['row'] - plain['row']):.1f} ms an update of one device")
