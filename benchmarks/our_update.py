"""Our training update, for `benchmarks/update.py`: the module that a recipe makes.

Usage: our_update.py WAVLM_FOLDER BATCH UPDATES PRECISION [key=value …]
"""

import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

from stopwatch import noise, timed_fit

from lfsc.composing import compose
from lfsc.data.batch import Batch
from lfsc.training.assembly import build_module


def main() -> None:
    wavlm, batch, updates, precision, *overrides = sys.argv[1:]
    config = compose("lfsc_22khz", ["data.path=unused", f"slm.path={wavlm}", f"batch_size={batch}", *overrides])
    batches = [Batch(audio, [""] * int(batch), []) for audio in noise(int(batch), int(updates))]
    timed_fit(build_module(config), batches, precision=precision)


if __name__ == "__main__":
    main()
