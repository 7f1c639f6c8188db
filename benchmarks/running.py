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
    parser.add_argument("--rounds", type=int, default=3, help="runs; the medians are told")
    parser.add_argument("--set", nargs="*", default=[], metavar="key=value", help="of the recipe")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = options.corpus or make_corpus(Path(folder) / "demo")
        until = end_at(options.updates, options.recipe)
        told = [f"data.path={corpus}", f"runs_root={folder}/runs", *until, *options.set]
        rounds = [run([options.recipe, *told, f"name={number}"]) for number in range(options.rounds)]
    print(f"{name_of_machine()}; {options.recipe}, {options.rounds} runs\n\n| until | seconds after the command |")
    print("|---|---|")
    for stage, words in STAGES.items():
        print(f"| {words} | {median(told[stage] for told in rounds):.1f} s |")
    print(f"\nOf the updates' time behind it {median(told[OUTSIDE] for told in rounds):.1%} is spent outside of them.")


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
    """What `lfsc train` with the arguments tells: seconds until the end of each stage, and the share outside."""
    begin = time.time()
    command = [sys.executable, __file__, "--worker", "train", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    told = dict(line.split()[1:] for line in result.stdout.splitlines() if line.startswith("TOLD "))
    if result.returncode or told.keys() != {*STAGES, OUTSIDE}:
        sys.exit(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")
    return {stage: float(told[stage]) - begin for stage in STAGES} | {OUTSIDE: float(told[OUTSIDE])}


def work(arguments: list[str]) -> int:
    """What `lfsc` does with the arguments, telling what it took."""
    from stopwatch import synchronize

    from lfsc.cli import main
    from lfsc.training import fit
    from lfsc.training.callbacks.validation import Validation

    tell("imports", time.time())
    on_train_start, training_step = Validation.on_train_start, fit.CodecModule.training_step
    updates: list[tuple[float, float]] = []

    def telling_start(*arguments):
        tell("began", time.time())
        on_train_start(*arguments)
        tell("validated", time.time())

    def timed_step(*arguments):
        begin = time.time()
        training_step(*arguments)
        synchronize()
        updates.append((begin, time.time()))

    Validation.on_train_start, fit.CodecModule.training_step = telling_start, timed_step
    code = main(arguments)
    (_, first), (_, last) = updates[0], updates[-1]
    tell("updated", first)
    tell(OUTSIDE, 1 - sum(end - begin for begin, end in updates[1:]) / (last - first))
    return code


def tell(name: str, value: float) -> None:
    print("TOLD", name, value, flush=True)


if __name__ == "__main__":
    sys.exit(work(sys.argv[2:])) if sys.argv[1:2] == ["--worker"] else main()
