"""Our training update, for `benchmarks/update.py`: the module that a recipe makes.

Usage: our_update.py WAVLM_FOLDER BATCH UPDATES PRECISION RECIPE [key=value …]
"""

import os
import sys
import time
from functools import wraps

os.environ["HF_HUB_OFFLINE"] = "1"

from stopwatch import fit, noise, synchronize, timed_fit

from lfsc.config.compose import compose
from lfsc.data.batch import Batch
from lfsc.training.build import build_module
from lfsc.training.callbacks.profiler import parts
from lfsc.training.precision import precision_plugins, set_tf32

UPDATES_IN_PARTS = 4


def main() -> None:
    wavlm, batch, updates, precision, recipe, *overrides = sys.argv[1:]
    if recipe == "lfsc_22khz":
        overrides = [f"slm.path={wavlm}", *overrides]
    settings = ["data.path=unused", f"batch_size={batch}", f"trainer.precision={precision}"]
    config = compose(recipe, [*settings, "discriminators.start_at=0", *overrides])
    module = build_module(config)
    batches = [Batch(audio, [""] * int(batch), []) for audio in noise(int(batch), int(updates))]
    # As `lfsc train` sets them.
    trainer, plugins = config["trainer"], precision_plugins(precision)
    set_tf32(trainer["allow_tf32"], precision)
    options = {"precision": None if plugins else precision, "plugins": plugins}
    options |= {name: trainer[name] for name in ("benchmark", "deterministic")}
    timed_fit(module, batches, **options)
    # Parts by themselves afterwards: a GPU must wait at the end of each, which a CUDA graph does not.
    module.run_update = module.train_networks
    spent = {name: time_calls(owner, method) for name, owner, method in parts(module)}
    fit(module, batches[:UPDATES_IN_PARTS], **options)
    for name, calls in spent.items():
        print("PART", f"{sum(calls) / UPDATES_IN_PARTS:.6f}", name)


def time_calls(owner, method: str) -> list[float]:
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
