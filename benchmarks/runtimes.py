"""Our packed layers beside onnxruntime on our own ONNX export: `python benchmarks/runtimes.py [--codec small …]`.

Each contestant is a process of its own that stays: in each round all of them code the same noise, one after the other.
What a row says of a ratio is the median of the rounds, and between which it lay.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import numpy
from coding import Contestant, noise, start, write_codec, write_random
from machine import name_of_machine

from lfsc.config.compose import compose
from lfsc.export.onnx import write_onnx
from lfsc.formats.resolve import resolve

HERE = Path(__file__).parent
RECIPES = HERE.parent / "recipes"
SPENT = ("wall", "processor")
SPINNING = {"onnxruntime, spinning": "1", "onnxruntime": "0"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--codec",
        nargs="+",
        default=["lfsc_22khz_no_slm"],
        help="recipes, whose codec gets random weights, or anything that lfsc loads (default: full size)",
    )
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seconds", type=float, nargs="+", default=[1.0, 10.0], help="of audio, at once")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--exports", type=Path, help="a folder that keeps what is exported, for another run")
    options = parser.parse_args()
    print(f"{name_of_machine()}; seconds per second of audio, medians of {options.rounds} rounds\n")
    print("| codec | threads | audio | | runtime | wall | processor | wall / ours in float32 | tokens equal |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        for codec in options.codec:
            compare(codec, (options.exports or Path(temporary)).resolve() / codec.replace("/", "_"), options)


def compare(name: str, folder: Path, options: argparse.Namespace) -> None:
    # What an export writes last.
    if not (folder / "onnx" / "codec.json").is_file():
        export(name, folder)
    for threads in options.threads:
        with ExitStack() as stack:
            contestants = [stack.enter_context(contestant) for contestant in start_all(folder, threads)]
            for seconds in options.seconds:
                for row in take_turns(contestants, folder, seconds, options.rounds):
                    print(f"| {name} | {threads} | {seconds:g} s | {row}", flush=True)


def export(name: str, folder: Path) -> None:
    """Write the codec as an archive, which ours reads, and as graphs."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / "codec.nemo"
    if (RECIPES / f"{name}.yaml").is_file():
        write_random(archive, compose(name, ["data.path=unused"])["codec"])
    else:
        write_codec(archive, name)
    with resolve(archive) as found:
        write_onnx(found, folder / "onnx")


def start_all(folder: Path, threads: int) -> Iterator:
    """The contestants, ours in float32 first."""
    for precision in ("float32", "bf16"):
        command = [sys.executable, "our_coder.py", str(folder / "codec.nemo"), precision, str(threads)]
        yield start(f"lfsc, {precision}", precision, command)
    for name, spinning in SPINNING.items():
        command = [sys.executable, "onnx_coder.py", str(folder / "onnx"), str(threads), spinning]
        yield start(name, "float32", command)


def take_turns(contestants: list[Contestant], folder: Path, seconds: float, rounds: int) -> Iterator[str]:
    """The rows of a table, from the runtime on."""
    audio, tokens = folder / "audio.npy", folder / "tokens.npy"
    numpy.save(audio, noise(seconds)[None].numpy())
    # Made once, so that all decode the same.
    contestants[0].ask("encode", audio, tokens)
    expected = numpy.load(tokens)
    for verb, given in (("encode", audio), ("decode", tokens)):
        made = {contestant.name: folder / f"{number}.npy" for number, contestant in enumerate(contestants)}
        taken = {contestant.name: [] for contestant in contestants}
        for _ in range(rounds):
            for contestant in contestants:
                taken[contestant.name].append(contestant.ask(verb, given, made[contestant.name]))
        ours = taken[contestants[0].name]
        for name, answers in taken.items():
            spent = " | ".join(f"{median(answer[key] for answer in answers) / seconds:.3f}" for key in SPENT)
            same = f"{(numpy.load(made[name]) == expected).mean():.2%}" if verb == "encode" else ""
            yield f"{verb} | {name} | {spent} | {ratio(answers, ours)} | {same} |"


def ratio(theirs: list[dict], ours: list[dict]) -> str:
    """Round by round, as what disturbs a round disturbs both: the median, the least and the greatest."""
    ratios = [their["wall"] / our["wall"] for their, our in zip(theirs, ours, strict=True)]
    return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


if __name__ == "__main__":
    main()
