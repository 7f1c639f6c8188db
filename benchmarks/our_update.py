"""Our training update, for `benchmarks/update.py`: the module that a recipe makes.

Usage: our_update.py WAVLM_FOLDER BATCH UPDATES PRECISION RECIPE [key=value …]
"""

import os
import sys
import time
from functools import wraps

os.environ["HF_HUB_OFFLINE"] = "1"

from stopwatch import noise, synchronize, timed_fit

from lfsc.composing import compose
from lfsc.data.batch import Batch
from lfsc.training.assembly import build_module
from lfsc.training.profile import parts

WARM_UP = 2  # updates


def main() -> None:
    wavlm, batch, updates, precision, recipe, *overrides = sys.argv[1:]
    if recipe == "lfsc_22khz":
        overrides = [f"slm.path={wavlm}", *overrides]
    config = compose(recipe, ["data.path=unused", f"batch_size={batch}", *overrides])
    module = build_module(config)
    batches = [Batch(audio, [""] * int(batch), []) for audio in noise(int(batch), int(updates))]
    spent = {name: timed(owner, method) for name, owner, method in parts(module)}
    timed_fit(module, batches, precision=precision)
    # The discriminators step half as often: what they take is spread over all updates.
    after = {name: calls[-(len(calls) * (int(updates) - WARM_UP)) // int(updates) :] for name, calls in spent.items()}
    for name, calls in after.items():
        print("PART", f"{sum(calls) / (int(updates) - WARM_UP):.6f}", name)


def timed(owner, method: str) -> list[float]:
    """Seconds of each call of a method from now on, the device's work included."""
    original, calls = getattr(owner, method), []

    @wraps(original)
    def wrapper(*arguments, **options):
        synchronize()
        begin = time.perf_counter()
        result = original(*arguments, **options)
        synchronize()
        calls.append(time.perf_counter() - begin)
        return result

    setattr(owner, method, wrapper)
    return calls


if __name__ == "__main__":
    main()
