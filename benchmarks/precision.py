"""How far bf16-mixed comes from float32: the validation mel of runs of `demo` that differ in nothing else.

    python benchmarks/precision.py [--runs runs/precision] [--updates 300] [--seeds 0,1] [--corpus data/demo]

Trains what is not finished in --runs yet (about half an hour of two cores at 300 updates) and prints, for each seed,
the mean of the last three validations.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import mean

from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import read_rows

PRECISIONS = ("32-true", "bf16-mixed")
VALIDATIONS, LAST = 6, 3
ALLOWED = 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=Path("runs/precision"))
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--corpus", default="data/demo")
    options = parser.parse_args()

    seeds = options.seeds.split(",")
    runs = {
        (seed, precision): Run(options.runs / f"{precision}-seed{seed}") for seed in seeds for precision in PRECISIONS
    }
    for (seed, precision), run in runs.items():
        if not run.is_finished():
            train(run, precision, seed, options.updates, options.corpus)
    found = {key: last_mels(run) for key, run in runs.items()}
    print(f"{'':<8}" + "".join(f"{precision:>14}" for precision in PRECISIONS) + f"{'difference':>14}")
    for seed in seeds:
        show(f"seed {seed}", *(found[seed, precision] for precision in PRECISIONS))
    means = [mean(found[seed, precision] for seed in seeds) for precision in PRECISIONS]
    show("mean", *means)
    return int(abs(means[1] / means[0] - 1) > ALLOWED)


def train(run: Run, precision: str, seed: str, updates: int, corpus: str) -> None:
    place = (f"data.path={corpus}", f"runs_root={run.path.parent}", f"name={run.path.name}", "trainer=cpu")
    settings = (f"trainer.precision={precision}", f"seed={seed}")
    command = [sys.executable, "-m", "lfsc", "train", "demo", *end_at(updates), *place, *settings, "--continue"]
    subprocess.run(command, check=True)


def end_at(updates: int) -> list[str]:
    """What ends the demo at this update, before which it has no discriminators."""
    until = [f"max_updates={updates}", f"discriminators.start_at={updates - 1}"]
    return [*until, f"validate_every={updates // VALIDATIONS}", "checkpoint_every=100", "num_audio_samples=0"]


def last_mels(run: Run) -> float:
    """The mean of the last validations' mels."""
    mels = [float(row["val/mel"]) for row in read_rows(run.metrics_file) if row.get("val/mel")]
    if len(mels) < LAST + 1:
        raise ValueError(f"{run.metrics_file} has {len(mels)} validations, expected {LAST + 1} or more")
    return mean(mels[-LAST:])


def show(name: str, full: float, half: float) -> None:
    print(f"{name:<8}{full:>14.4f}{half:>14.4f}{half / full - 1:>14.1%}")


if __name__ == "__main__":
    sys.exit(main())
