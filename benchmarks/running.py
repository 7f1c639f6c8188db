"""A run as people start it: `python benchmarks/running.py [CORPUS] [--recipe demo] [--set key=value …]`.

How long the command takes until the first update, and what share of the time behind it is spent outside of updates: on
loading, logging and progress. Validations and checkpoints wait until the end. CORPUS is a folder that data_prep wrote;
without one, the demo corpus is made first, untimed.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from machine import name_of_machine

STAGES = {
    "imports": "imports, the libraries' among them",
    "began": "configuration, corpus, module and data",
    "validated": "validation at update 0",
    "updated": "first update",
}
OUTSIDE = "outside"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", nargs="?", help="a folder that data_prep wrote")
    parser.add_argument("--recipe", default="demo")
    parser.add_argument("--updates", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3, help="runs; the medians are printed")
    parser.add_argument("--set", nargs="*", default=[], metavar="key=value", help="of the recipe")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = options.corpus or make_corpus(Path(folder) / "demo")
        until = end_at(options.updates, options.recipe)
        settings = [f"data.path={corpus}", f"runs_root={folder}/runs", *until, *options.set]
        rounds = [run([options.recipe, *settings, f"name={number}"]) for number in range(options.rounds)]
    print(f"{name_of_machine()}; {options.recipe}, {options.rounds} runs\n\n| until | seconds after the command |")
    print("|---|---|")
    for stage, words in STAGES.items():
        print(f"| {words} | {median(times[stage] for times in rounds):.1f} s |")
    outside = median(times[OUTSIDE] for times in rounds)
    print(f"\nOf the updates' time behind it {outside:.1%} is spent outside of them.")


def end_at(updates: int, recipe: str) -> list[str]:
    """What ends a recipe at this update, whose discriminators may start late, but not after its end."""
    from lfsc.config.compose import compose

    start_at = compose(recipe, [], missing_allowed=True)["discriminators"]["start_at"]
    until = [f"{key}={updates}" for key in ("max_updates", "validate_every", "checkpoint_every")]
    return [*until, f"discriminators.start_at={min(start_at, updates - 1)}"]


def make_corpus(path: Path) -> str:
    subprocess.run([sys.executable, "-m", "data_prep", "demo", str(path)], check=True, capture_output=True)
    return str(path)


def run(arguments: list[str]) -> dict[str, float]:
    """What `lfsc train` with the arguments takes: seconds until the end of each stage, and the share outside."""
    begin = time.time()
    command = [sys.executable, __file__, "--worker", "train", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    reported = dict(line.split()[1:] for line in result.stdout.splitlines() if line.startswith("REPORT "))
    if result.returncode or reported.keys() != {*STAGES, OUTSIDE}:
        sys.exit(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")
    return {stage: float(reported[stage]) - begin for stage in STAGES} | {OUTSIDE: float(reported[OUTSIDE])}


def work(arguments: list[str]) -> int:
    """What `lfsc` does with the arguments, reporting what it took."""
    from stopwatch import synchronize

    from lfsc.cli import main
    from lfsc.training import fit
    from lfsc.training.callbacks.validation import Validation

    report("imports", time.time())
    on_train_start, training_step = Validation.on_train_start, fit.CodecModule.training_step
    updates: list[tuple[float, float]] = []

    def reporting_start(*arguments):
        report("began", time.time())
        on_train_start(*arguments)
        report("validated", time.time())

    def timed_step(*arguments):
        begin = time.time()
        training_step(*arguments)
        synchronize()
        updates.append((begin, time.time()))

    Validation.on_train_start, fit.CodecModule.training_step = reporting_start, timed_step
    code = main(arguments)
    (_, first), (_, last) = updates[0], updates[-1]
    report("updated", first)
    report(OUTSIDE, 1 - sum(end - begin for begin, end in updates[1:]) / (last - first))
    return code


def report(name: str, value: float) -> None:
    print("REPORT", name, value, flush=True)


if __name__ == "__main__":
    sys.exit(work(sys.argv[2:])) if sys.argv[1:2] == ["--worker"] else main()
