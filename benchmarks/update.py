"""The training update, part by part and beside NeMo's: `python benchmarks/update.py [--batch 1 2 4] [--set key=value]`.

Each row is a process of its own that trains on noise through Lightning; WavLM-base-plus has random weights. The first
update of each turn warms up and is left out. LFSC_NEMO_PYTHON names an interpreter with nemo_toolkit 3.0.0, for NeMo's
own update at full size in the same run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from machine import DTYPES, matrix_peak, name_of_machine
from stopwatch import CROP

HERE = Path(__file__).parent
FULL_SIZE, SAMPLE_RATE = "lfsc_22khz", 22050
GFLOP_A_CLIP = 750  # at full size, the mean of updates with both turns and with the generator's alone


class Measured(NamedTuple):
    both: float  # median seconds of an update with both turns
    alone: float  # and of one with the generator's alone
    peak_bytes: int
    parts: dict[str, float]  # mean seconds an update

    @property
    def mean(self) -> float:
        return (self.both + self.alone) / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default=FULL_SIZE)
    parser.add_argument("--batch", type=int, nargs="+", default=[2], help="clips of 24,576 samples")
    parser.add_argument("--precision", nargs="+", choices=DTYPES, default=["32-true", "bf16-mixed"])
    parser.add_argument("--nemo-precision", nargs="+", choices=DTYPES, default=["32-true"])
    many = 20 if torch.cuda.is_available() else 6
    parser.add_argument("--updates", type=int, default=many, help="in each process, half of them with both turns")
    parser.add_argument("--set", nargs="*", default=[], metavar="key=value", help="of our recipe")
    options = parser.parse_args()
    if options.updates < 4 or options.updates % 2:
        parser.error(f"--updates {options.updates}: expected an even number, 4 or more, for two of each kind")
    peaks = {precision: matrix_peak(precision) for precision in options.precision}
    told = [f"matrix peak {peak / 1e9:.0f} GFLOP/s in {precision}" for precision, peak in peaks.items()]
    print("; ".join([name_of_machine(), *told]))
    with tempfile.TemporaryDirectory() as wavlm:
        if options.recipe == FULL_SIZE:
            write_wavlm(wavlm)
        print("\n| update | both turns | generator alone | mean | s audio/s | of NeMo's time | of peak | memory |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
        measured = {}
        for batch in options.batch:
            theirs = measure_nemo(wavlm, batch, options)
            for precision in options.precision:
                try:
                    ours = measure_ours(wavlm, batch, precision, options)
                except MemoryError:
                    print(f"| {options.recipe}, {precision}, batch {batch} | out of memory | | | | | | |", flush=True)
                    continue
                share = GFLOP_A_CLIP * 1e9 * batch / ours.mean / peaks[precision]
                share = f"{share:.0%}" if options.recipe == FULL_SIZE else ""
                ratio = f"{ours.mean / theirs:.2f}" if theirs else ""
                measured[f"{options.recipe}, {precision}, batch {batch}"] = ours
                print_row(f"{options.recipe}, {precision}, batch {batch}", ours, batch, ratio, share)
    print_parts(measured)


def measure_nemo(wavlm: str, batch: int, options: argparse.Namespace) -> float | None:
    """NeMo's mean seconds an update in the first of its precisions, after a row for each; None without a NeMo."""
    interpreter = os.environ.get("LFSC_NEMO_PYTHON")
    if interpreter is None or options.recipe != FULL_SIZE:
        return None
    means = []
    for precision in options.nemo_precision:
        nemo = run([interpreter, "nemo_update.py", wavlm, str(batch), str(options.updates), precision])
        means.append(nemo.mean)
        print_row(f"NeMo 3.0, {precision}, batch {batch}", nemo, batch, f"{nemo.mean / means[0]:.2f}", "")
    return means[0]


def measure_ours(wavlm: str, batch: int, precision: str, options: argparse.Namespace) -> Measured:
    arguments = [wavlm, str(batch), str(options.updates), precision, options.recipe, *options.set]
    return run([sys.executable, "our_update.py", *arguments])


def run(command: list[str]) -> Measured:
    result = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    lines = [line.partition(" ") for line in result.stdout.splitlines()]
    results = [json.loads(text) for kind, _, text in lines if kind == "RESULT"]
    if "CUDA out of memory" in result.stderr:
        raise MemoryError(command)
    if result.returncode or not results:
        sys.exit(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")
    seconds = results[0]["seconds"]
    parts = [text.split(maxsplit=1) for kind, _, text in lines if kind == "PART"]
    parts = {name: float(value) for value, name in parts}
    return Measured(median(seconds[2::2]), median(seconds[3::2]), results[0]["peak_bytes"], parts)


def print_row(name: str, row: Measured, batch: int, ratio: str, share: str) -> None:
    heard = batch * CROP / SAMPLE_RATE / row.mean
    seconds = f"{row.both:.2f} s | {row.alone:.2f} s | {row.mean:.2f} s | {heard:.2f}"
    print(f"| {name} | {seconds} | {ratio} | {share} | {row.peak_bytes / 1e9:.1f} GB |", flush=True)


def print_parts(measured: dict[str, Measured]) -> None:
    """Which part of an update takes how many seconds, a column a row of the table before."""
    if not measured:
        return
    names = list(next(iter(measured.values())).parts)
    print("\n| part |", " | ".join(measured), "|")
    print("|---|" + "---|" * len(measured))
    for name in names:
        print(f"| {name} |", " | ".join(f"{row.parts[name]:.3f} s" for row in measured.values()), "|")


def write_wavlm(folder: str) -> None:
    """WavLM-base-plus in shape, without a download."""
    from transformers import WavLMConfig, WavLMModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(0)
    WavLMModel(WavLMConfig(layerdrop=0.05)).save_pretrained(folder)


if __name__ == "__main__":
    main()
