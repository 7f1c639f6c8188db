"""Encoding and decoding at full size, beside NeMo's: `python benchmarks/coding.py [--seconds 10]`.

Seconds that a second of audio takes, medians; processes of ours and of NeMo's take turns. LFSC_NEMO_PYTHON names an
interpreter with nemo_toolkit 3.0.0; without it the table has our rows alone.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from machine import name_of_machine

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of audio")
    parser.add_argument("--rounds", type=int, default=3, help="in each process")
    parser.add_argument("--turns", type=int, default=2, help="processes of each")
    parser.add_argument("--precision", nargs="+", default=["float32", "bf16"])
    options = parser.parse_args()
    print(name_of_machine())
    print("\n| codec | encode | decode | NeMo's speed, encode | decode | tokens as in float32 | memory |")
    print("|---|---|---|---|---|---|---|", flush=True)
    nemo = os.environ.get("LFSC_NEMO_PYTHON")
    for precision in options.precision:
        sides = {"NeMo 3.0": [nemo, "nemo_coding.py"]} if nemo else {}
        sides["lfsc"] = [sys.executable, "our_coding.py"]
        told = {name: [] for name in sides}
        for _ in range(options.turns):
            for name, command in sides.items():
                told[name].append(ask([*command, str(options.seconds), str(options.rounds), precision]))
        rows = {name: summed(answers, options.seconds) for name, answers in told.items()}
        for name, row in rows.items():
            times = " | ".join(f"{rows['NeMo 3.0'][way] / row[way]:.2f} ×" if nemo else "" for way in WAYS)
            equal = f"{row['equal']:.2%}" if "equal" in row else ""
            print(
                f"| {name}, {precision} | {row['encode']:.3f} s | {row['decode']:.3f} s | {times} | {equal} "
                f"| {row['peak_bytes'] / 1e9:.1f} GB |",
                flush=True,
            )


WAYS = ("encode", "decode")


def ask(command: list[str]) -> dict:
    result = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    lines = dict(line.split(" ", 1) for line in result.stdout.splitlines() if line.startswith(("RESULT ", "EQUAL ")))
    if "RESULT" not in lines:
        sys.exit(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")
    return json.loads(lines["RESULT"]) | ({"equal": float(lines["EQUAL"])} if "EQUAL" in lines else {})


def summed(answers: list[dict], seconds: float) -> dict:
    """Median seconds a second of audio, of all rounds of all processes."""
    row = {way: median([s for answer in answers for s in answer["seconds"][way]]) / seconds for way in WAYS}
    row["peak_bytes"] = max(answer["peak_bytes"] for answer in answers)
    return row | ({"equal": answers[0]["equal"]} if "equal" in answers[0] else {})


if __name__ == "__main__":
    main()
