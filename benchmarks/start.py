"""From the command to the first update: `python benchmarks/start.py [CORPUS] [--rounds 3] [--recipe demo]`.

CORPUS is a folder that data_prep wrote; without one, the demo corpus is made first, untimed.
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", nargs="?", help="a folder that data_prep wrote")
    parser.add_argument("--recipe", default="demo")
    parser.add_argument("--rounds", type=int, default=3, help="starts; the medians are told")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = options.corpus or make_corpus(Path(folder) / "demo")
        runs = [Path(folder) / f"runs/{number}" for number in range(options.rounds)]
        rounds = [start(options.recipe, corpus, run) for run in runs]
    print(f"{name_of_machine()}; {options.recipe}, {options.rounds} starts\n\n| until | seconds after the command |")
    print("|---|---|")
    for stage, words in STAGES.items():
        print(f"| {words} | {median(times[stage] for times in rounds):.1f} s |")


def make_corpus(path: Path) -> str:
    subprocess.run([sys.executable, "-m", "data_prep", "demo", str(path)], check=True, capture_output=True)
    return str(path)


def start(recipe: str, corpus: str, run: Path) -> dict[str, float]:
    """Seconds from the start of a process to the end of each stage."""
    told = [f"data.path={corpus}", f"runs_root={run.parent}", f"name={run.name}", "max_updates=1", "trainer=auto"]
    begin = time.time()
    command = [sys.executable, __file__, "--worker", "train", recipe, *told]
    result = subprocess.run(command, capture_output=True, text=True)
    stages = [line.split()[1:] for line in result.stdout.splitlines() if line.startswith("STAGE ")]
    if result.returncode or len(stages) != len(STAGES):
        sys.exit(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")
    return {stage: float(at) - begin for stage, at in stages}


def work(arguments: list[str]) -> int:
    """What `lfsc` does with the arguments, telling when a stage has ended."""
    from lfsc.cli import main
    from lfsc.training import session
    from lfsc.training.validation import Validation

    tell("imports")
    on_train_start, training_step = Validation.on_train_start, session.CodecTraining.training_step

    def telling_start(*arguments):
        tell("began")
        on_train_start(*arguments)
        tell("validated")

    def telling_step(*arguments):
        training_step(*arguments)
        tell("updated")

    Validation.on_train_start, session.CodecTraining.training_step = telling_start, telling_step
    return main(arguments)


def tell(stage: str) -> None:
    print("STAGE", stage, time.time(), flush=True)


if __name__ == "__main__":
    sys.exit(work(sys.argv[2:])) if sys.argv[1:2] == ["--worker"] else main()
