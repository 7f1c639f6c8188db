"""A process that codes on request and says what that took. Needs no lfsc, as NeMo's interpreter runs it too."""

import json
import re
import sys
import time
from collections.abc import Callable

import numpy
import torch
from torch import Tensor

Work = Callable[[Tensor], Tensor]


def serve(encode: Work, decode: Work) -> None:
    """Answer each line of stdin, `VERB IN.npy OUT.npy`, with the seconds and the memory of one call in JSON.

    `encode` makes tokens [1,C,F] of audio [1,T], `decode` the reverse. Both have run once before it says it is ready.
    """
    verbs = {"encode": encode, "decode": decode}
    decode(encode(0.1 * torch.randn(1, 22050, generator=torch.Generator().manual_seed(0))))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        verb, given, out = line.split()
        content = torch.from_numpy(numpy.load(given))
        forget_peak()
        before, wall, processor = resident("VmRSS"), time.perf_counter(), time.process_time()
        result = verbs[verb](content)
        took = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
        took["bytes"] = resident("VmHWM") - before
        # Before the answer: whoever asked may read it then.
        numpy.save(out, result.numpy())
        print(json.dumps(took), flush=True)


def forget_peak() -> None:
    """Let the peak of this process' memory begin anew."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def resident(name: str) -> int:
    """Bytes of this process: VmRSS now, VmHWM at most."""
    with open("/proc/self/status") as file:
        return int(re.search(rf"{name}:\s+(\d+)", file.read())[1]) * 1024
