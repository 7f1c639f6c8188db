"""What a GPU is asked, in one command that ends by itself: `python benchmarks/gpu/measure.py OUT [--dry]`.

Each step is a process with a limit of its own: one that fails or hangs ends alone, and what it has found is in
OUT/report.txt and OUT/STEP.json from the line on in which it found it. `--dry` runs all of it on a CPU at tiny sizes.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The most valuable first; seconds that each may take. Compiling comes last, with all that the others have left:
# Inductor spends a minute or two of one core on full size before the device does anything.
LIMITS = {
    "machine": 35,
    "tests": 70,
    "updates": 135,
    "nemo": 60,
    "ddp": 40,
    "coding": 30,
    "parity": 45,
    "training": 55,
    "compiled": 400,
}
SECONDS, DRY_SECONDS = 525, 1500  # of which the first leaves 15 of nine minutes to whoever starts this


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="a folder for report.txt, a file of numbers for each step, and traces")
    parser.add_argument("--dry", action="store_true", help="on a CPU, at tiny sizes")
    parser.add_argument("--only", nargs="+", choices=LIMITS, default=list(LIMITS), metavar="STEP")
    parser.add_argument("--seconds", type=float, help=f"for everything (default: {SECONDS}, dry: {DRY_SECONDS})")
    parser.add_argument("--corpus", type=Path, help="speech that data_prep wrote, to train on (default: noise)")
    parser.add_argument("--nemo", type=Path, help="a folder with NeMo's own files, as carry.sh gathers them")
    options = parser.parse_args()
    steps = [name for name in options.only if name != "nemo" or options.nemo]
    if not steps:
        parser.error("--only nemo needs --nemo FOLDER")
    end = time.time() + (options.seconds or (DRY_SECONDS if options.dry else SECONDS))
    options.out.mkdir(parents=True, exist_ok=True)
    for name in ("report.txt", "errors.txt"):
        (options.out / name).write_text("")
    # Who ends this ends the steps as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started: list[subprocess.Popen] = []
    failed, spent = [], {}
    try:
        for number, name in enumerate(steps):
            # A step imports while the one before it measures; in a dry run, on a core or two, it would disturb it.
            ahead = 1 if options.dry else 2
            started += [start(each, options) for each in steps[len(started) : number + ahead]]
            begin = time.time()
            seconds = min(LIMITS[name] * (5 if options.dry else 1), end - begin)
            if reason := finish(started[number], seconds):
                failed.append(name)
                write(options.out, f"{name}: {reason}")
            spent[name] = time.time() - begin
    finally:
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    write(options.out, f"seconds: {', '.join(f'{name} {seconds:.0f}' for name, seconds in spent.items())}")
    without = f", without {', '.join(failed)}" if failed else ""
    write(options.out, f"{len(steps) - len(failed)} of {len(steps)} steps are done{without}")
    return 1 if failed else 0


def start(name: str, options: argparse.Namespace) -> subprocess.Popen:
    """A step that has imported what it needs, and waits for a line."""
    folders = {"CORPUS": options.corpus, "NEMO": options.nemo}
    settings = {key: str(folder.resolve()) if folder else "" for key, folder in folders.items()}
    paths = [str(HERE), str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    if options.dry:
        settings["OMP_NUM_THREADS"] = "1"  # tiny sizes gain nothing of more, and lose where other work runs
    settings |= {"DRY": str(int(options.dry)), "HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(paths)}
    # What Hopper has by itself. Some versions of torch want it said before the first matrix product, or refuse to be
    # deterministic later.
    settings["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    command = [sys.executable, "-m", "steps", name, str(options.out.resolve())]
    return subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ | settings, start_new_session=True)


def finish(process: subprocess.Popen, seconds: float) -> str | None:
    """Let a step go on; what became of it where it did not end well in its time."""
    try:
        process.communicate(b"\n", timeout=max(1.0, seconds))
        return f"exit {process.returncode}" if process.returncode else None
    except subprocess.TimeoutExpired:
        # With all that it has started.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"ended after {seconds:.0f} s"


def write(out: Path, line: str) -> None:
    print(line, flush=True)
    with (out / "report.txt").open("a") as report:
        report.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
