"""What DDP costs on one device, what it warns of, and two ranks by gloo on the CPU."""

import re
import warnings

from command_line import train_by_command
from report import Report
from timing import measure
from workload import BATCH, DRY, MICRO, full_size

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
    ranks = ["max_updates=4", "validate_every=4", "trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2"]
    train_by_command(report, "two ranks by gloo on the CPU", "gloo", MICRO, *ranks, CUDA_VISIBLE_DEVICES="")
