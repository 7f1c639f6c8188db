"""The training update at full size, beside NeMo's: `python benchmarks/update.py [--batch 2] [--updates 4] [key=value …]`.

Each row is a process of its own that trains on noise through Lightning, with a WavLM-base-plus of random weights; the
first update of each turn warms up and is left out. LFSC_NEMO_PYTHON names an interpreter with nemo_toolkit 3.0.0.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
GFLOP_A_CLIP = 750  # a clip and update on average, without the discriminators' turn in every second one 606


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=2, help="clips of 24,576 samples")
    parser.add_argument("--updates", type=int, default=4, help="in each process, half of them with both turns")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="of our recipe")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_wavlm(folder)
        print("| update | both turns | generator alone | mean | ratio to NeMo | GFLOP/s | peak memory |")
        print("|---|---|---|---|---|---|---|", flush=True)
        theirs = None
        for name, command in commands(folder, options):
            measured = run(command)
            mean = (measured["both"] + measured["alone"]) / 2
            theirs = theirs or (mean if name.startswith("NeMo") else None)
            print(
                f"| {name} | {measured['both']:.2f} s | {measured['alone']:.2f} s | {mean:.2f} s "
                f"| {f'{mean / theirs:.2f}' if theirs else ''} "
                f"| {'' if name.startswith('NeMo') else round(GFLOP_A_CLIP * options.batch / mean)} "
                f"| {measured['peak_bytes'] / 1e9:.1f} GB |",
                flush=True,
            )


def commands(folder: str, options: argparse.Namespace) -> list[tuple[str, list[str]]]:
    """What is timed, by name, NeMo first where there is one."""
    sizes = [str(options.batch), str(options.updates)]
    rows = [
        (f"lfsc, {precision}", [sys.executable, "our_update.py", folder, *sizes, precision, *options.overrides])
        for precision in ("32-true", "bf16-mixed")
    ]
    if nemo := os.environ.get("LFSC_NEMO_PYTHON"):
        rows.insert(0, ("NeMo 3.0, 32-true", [nemo, "nemo_update.py", folder, *sizes, "32-true"]))
    return rows


def run(command: list[str]) -> dict[str, float]:
    """Median seconds of updates with both turns and with the generator's alone, and the most memory held."""
    result = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    lines = [line.removeprefix("RESULT ") for line in result.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        sys.exit(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")
    told = json.loads(lines[-1])
    return {
        "both": median(told["seconds"][2::2]),
        "alone": median(told["seconds"][3::2]),
        "peak_bytes": told["peak_bytes"],
    }


def write_wavlm(folder: str) -> None:
    """WavLM-base-plus in shape, without a download."""
    import torch
    from transformers import WavLMConfig, WavLMModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(0)
    WavLMModel(WavLMConfig(layerdrop=0.05)).save_pretrained(folder)


if __name__ == "__main__":
    main()
