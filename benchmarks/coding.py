"""How fast audio becomes tokens and tokens audio, beside NeMo: `python benchmarks/coding.py [--codec X]`.

Each contestant is a process of its own that stays: in each round all of them code the same audio, one after the other,
and the median of the rounds counts, so that other work on the machine meets them alike. Without --codec the codec is
full size with random weights. LFSC_NEMO_PYTHON names an interpreter with nemo_toolkit 3.0.0, which gets the same
weights; NeMo's bf16 is autocast.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy
import torch
import yaml

from lfsc.audio import files
from lfsc.config.instantiate import build
from lfsc.formats.nemo.writing import write_archive
from lfsc.formats.resolve import resolve

HERE = Path(__file__).parent
SAMPLE_RATE = 22050
PRECISIONS = ("float32", "bf16")


class Contestant(NamedTuple):
    name: str
    precision: str
    process: subprocess.Popen

    def ask(self, verb: str, given: Path, out: Path) -> dict[str, float]:
        self.process.stdin.write(f"{verb} {given} {out}\n")
        self.process.stdin.flush()
        return read_answer(self.process)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codec", help="anything that lfsc loads; its sample rate must be 22050 Hz")
    parser.add_argument("--audio", type=Path, help="a recording (default: noise)")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        folder = Path(folder)
        archive = folder / "codec.nemo"
        write_codec(archive, options.codec)
        contestants = [stack.enter_context(contestant) for contestant in start_all(archive, options)]
        numpy.save(folder / "audio.npy", load_audio(options)[None].numpy())
        compare(contestants, folder, options)


def start_all(archive: Path, options: argparse.Namespace) -> Iterator:
    interpreters = {"lfsc": (sys.executable, "our_coder.py")}
    if nemo := os.environ.get("LFSC_NEMO_PYTHON"):
        interpreters["NeMo"] = (nemo, "nemo_coder.py")
    for precision in options.precision:
        for name, command in interpreters.items():
            yield start(name, precision, [*command, str(archive), precision, str(options.threads)])


@contextmanager
def start(name: str, precision: str, command: list[str]) -> Iterator[Contestant]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, cwd=HERE, **pipes) as process:
        read_answer(process)
        yield Contestant(name, precision, process)
        process.stdin.close()


def read_answer(process: subprocess.Popen) -> dict:
    """The next line of JSON; NeMo prints others too."""
    for line in process.stdout:
        if line.startswith("{"):
            return json.loads(line)
    raise SystemExit(f"{' '.join(process.args)} ended with {process.wait()}: run it by itself to see why")


def compare(contestants: list[Contestant], folder: Path, options: argparse.Namespace) -> None:
    print(
        f"{options.seconds:g} s of audio on {options.threads} threads, seconds per second, median of {options.rounds}"
    )
    print(
        "\n| | precision | wall | processor | × NeMo's wall | × NeMo's processor | memory | tokens as float32 |"
        "\n|---|---|---|---|---|---|---|---|"
    )
    # Made once, so that all decode the same.
    tokens = folder / "tokens.npy"
    contestants[0].ask("encode", folder / "audio.npy", tokens)
    for verb, given in (("encode", folder / "audio.npy"), ("decode", tokens)):
        answers = {contestant: [] for contestant in contestants}
        for _ in range(options.rounds):
            for contestant in contestants:
                out = folder / f"{verb}-{contestant.name}-{contestant.precision}.npy"
                answers[contestant].append(contestant.ask(verb, given, out))
        for contestant in contestants:
            print(make_row(verb, contestant, answers, folder, options.seconds), flush=True)


def make_row(verb: str, contestant: Contestant, answers: dict, folder: Path, seconds: float) -> str:
    name, precision, _ = contestant
    took = {key: median(answer[key] for answer in answers[contestant]) for key in ("wall", "processor")}
    peak = max(answer["bytes"] for answer in answers[contestant])
    # Round by round: what disturbs a round disturbs both.
    nemo = next((other for other in answers if other.name == "NeMo" and other.precision == precision), contestant)
    rounds = list(zip(answers[nemo], answers[contestant], strict=True))
    speeds = [median(theirs[key] / ours[key] for theirs, ours in rounds) for key in took]
    ratios = ["" if nemo is contestant else f"{speed:.2f}" for speed in speeds]
    same = ""
    if verb == "encode":
        found, expected = (numpy.load(folder / f"encode-{name}-{kind}.npy") for kind in (precision, "float32"))
        same = f"{(found == expected).mean():.2%}"
    return (
        f"| {verb}, {name} | {precision} | {took['wall'] / seconds:.3f} | {took['processor'] / seconds:.3f} | "
        f"{' | '.join(ratios)} | {peak / 1e6:.0f} MB | {same} |"
    )


def write_codec(path: Path, source: str | None) -> None:
    """The codec that `source` names as an archive that all contestants read, or one with random weights."""
    if source is not None:
        with resolve(source) as found:
            write_archive(path, codec=found.codec, weights=found.codec_weights())
        return
    full_size = yaml.safe_load((HERE.parent / "conf" / "codec" / "lfsc.yaml").read_text())
    write_random(path, full_size | {"sample_rate": SAMPLE_RATE})


def write_random(path: Path, config: dict) -> None:
    """The codec of a configuration with random weights, as an archive."""
    torch.manual_seed(0)
    codec = build(config)
    with torch.no_grad():
        # At initialisation all frames are alike: spread them over the levels.
        latents = codec.encoder(codec.pad(0.1 * torch.randn(1, SAMPLE_RATE)))
        conv = codec.encoder.conv_out
        mean, deviation = latents.mean(dim=(0, 2)), latents.std(dim=(0, 2))
        conv.parametrizations.weight.original0.div_(deviation[:, None, None])
        conv.bias.copy_((conv.bias - mean) / deviation)
    write_archive(path, codec=config, weights=codec.state_dict())


def load_audio(options: argparse.Namespace) -> torch.Tensor:
    if options.audio is None:
        return noise(options.seconds)
    num_samples = round(options.seconds * SAMPLE_RATE)
    audio = files.load(options.audio, sample_rate=SAMPLE_RATE)
    return audio.repeat(-(-num_samples // len(audio)))[:num_samples]


def noise(seconds: float) -> torch.Tensor:
    return 0.1 * torch.randn(round(seconds * SAMPLE_RATE), generator=torch.Generator().manual_seed(0))


if __name__ == "__main__":
    main()
