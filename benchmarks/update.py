"""The training update, part by part and beside NeMo's: `python benchmarks/update.py [--batch 1 2 4] [--set key=value]`.

Each row is a process of its own that trains on noise through Lightning; WavLM-base-plus has random weights. The first
update of each kind warms up and is left out. LFSC_NEMO_PYTHON names an interpreter with nemo_toolkit 3.0.0, for NeMo's
own update at full size in the same run: without a GPU the two take turns, an update each.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from machine import DTYPES, matrix_peak, name_of_machine
from stopwatch import CROP
from turns import in_turns

HERE = Path(__file__).parent
FULL_SIZE, SAMPLE_RATE = "lfsc_22khz", 22050
GFLOP_A_CLIP = 750  # at full size, the mean of updates with both turns and with the generator's alone


class Measured(NamedTuple):
    seconds: list[float]  # of each update, with both turns and with the generator's alone in turns
    peak_bytes: int
    parts: dict[str, float]  # mean seconds an update

    @property
    def both(self) -> float:
        return median(self.seconds[::2])

    @property
    def alone(self) -> float:
        return median(self.seconds[1::2])

    @property
    def mean(self) -> float:
        return (self.both + self.alone) / 2

    def ratio(self, other: "Measured") -> float:
        """Of its time to the other's, the median of pairs of updates, one of each kind, that were made at one time."""
        pairs = zip(self.seconds[::2], self.seconds[1::2], other.seconds[::2], other.seconds[1::2], strict=True)
        return median((both + alone) / (their_both + their_alone) for both, alone, their_both, their_alone in pairs)


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
    named = [f"matrix peak {peak / 1e9:.0f} GFLOP/s in {precision}" for precision, peak in peaks.items()]
    print("; ".join([name_of_machine(), *named]))
    with tempfile.TemporaryDirectory() as wavlm:
        if options.recipe == FULL_SIZE:
            write_wavlm(wavlm)
        print("\n| update | both turns | generator alone | mean | s audio/s | of NeMo's time | of peak | memory |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
        measured = {}
        for batch in options.batch:
            for precision in options.precision:
                row = f"{options.recipe}, {precision}, batch {batch}"
                try:
                    nemo, ours = measure(wavlm, batch, precision, options)
                except MemoryError as error:
                    print(f"| {row} | {error}: out of memory | | | | | | |", flush=True)
                    continue
                for their_precision, theirs in nemo.items():
                    print_row(f"NeMo 3.0, {their_precision}, batch {batch}", theirs, batch, "", "")
                share = GFLOP_A_CLIP * 1e9 * batch / ours.mean / peaks[precision]
                share = f"{share:.0%}" if options.recipe == FULL_SIZE else ""
                print_row(
                    row, ours, batch, " and ".join(f"{ours.ratio(theirs):.2f}" for theirs in nemo.values()), share
                )
                measured[row] = ours
    print_parts(measured)


def measure(
    wavlm: str, batch: int, precision: str, options: argparse.Namespace
) -> tuple[dict[str, Measured], Measured]:
    """NeMo's update in each of its precisions, none if there is no NeMo, and ours."""
    arguments = [wavlm, str(batch), str(options.updates)]
    nemo = os.environ.get("LFSC_NEMO_PYTHON") if options.recipe == FULL_SIZE else None
    theirs = options.nemo_precision if nemo else []
    commands = [[nemo, HERE / "nemo_update.py", *arguments, their_precision] for their_precision in theirs]
    commands.append([sys.executable, HERE / "our_update.py", *arguments, precision, options.recipe, *options.set])
    # A GPU's pace is steady, and its memory small.
    together = [[command] for command in commands] if torch.cuda.is_available() else [commands]
    *nemo_results, ours = [parse_result(lines) for group in together for lines in in_turns(group)]
    return dict(zip(theirs, nemo_results, strict=True)), ours


def parse_result(lines: list[str]) -> Measured:
    printed = [line.partition(" ") for line in lines]
    last = next(json.loads(text) for kind, _, text in printed if kind == "RESULT")
    parts = [text.split(maxsplit=1) for kind, _, text in printed if kind == "PART"]
    parts = {name.strip(): float(value) for value, name in parts}
    return Measured(last["seconds"][2:], last["peak_bytes"], parts)


def print_row(name: str, row: Measured, batch: int, ratio: str, share: str) -> None:
    heard = batch * CROP / SAMPLE_RATE / row.mean
    seconds = f"{duration(row.both)} | {duration(row.alone)} | {duration(row.mean)} | {heard:.2f}"
    print(f"| {name} | {seconds} | {ratio} | {share} | {row.peak_bytes / 1e9:.1f} GB |", flush=True)


def duration(seconds: float) -> str:
    """With the digits that tell two GPUs' updates apart."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"


def print_parts(measured: dict[str, Measured]) -> None:
    """Which part of an update takes how many seconds, a column a row of the table before."""
    if not measured:
        return
    names = list(next(iter(measured.values())).parts)
    print("\n| part |", " | ".join(measured), "|")
    print("|---|" + "---|" * len(measured))
    for name in names:
        print(f"| {name} |", " | ".join(duration(row.parts[name]) for row in measured.values()), "|")


def write_wavlm(folder: str) -> None:
    """WavLM-base-plus in shape, without a download."""
    from transformers import WavLMConfig, WavLMModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(0)
    WavLMModel(WavLMConfig(layerdrop=0.05)).save_pretrained(folder)


if __name__ == "__main__":
    main()
