"""A codec as audio arrives: `python benchmarks/streaming.py [--codec small lfsc] [--cores 1 2] [--chunks 1 4 16]`.

Per size of codec, number of cores and frames a chunk: the time that a second of audio takes, which must be below 1 s to
keep up, and how long after a sound its result is there: what must have been heard beyond it, the chunk that it came
in, and the computation.
"""

import argparse
import time
from statistics import median

import torch
from machine import name_of_machine

from lfsc.config.compose import compose
from lfsc.config.instantiate import build
from lfsc.cpu.apply import use_fast_layers
from lfsc.tokens.fingerprint import remove_codec_weight_norm

RECIPES = {"small": "small", "lfsc": "lfsc_22khz_no_slm"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codec", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--chunks", type=int, nargs="+", default=[1, 4, 16], help="frames")
    parser.add_argument("--frames", type=int, default=96, help="of audio, for each row")
    options = parser.parse_args()
    print(name_of_machine())
    print("\n| codec | cores | frames a chunk | encode 1 s | decode 1 s | latency, encode | latency, decode |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for size in options.codec:
        torch.manual_seed(0)
        codec = build(compose(RECIPES[size], ["data.path=unused"])["codec"]).eval()
        codec = use_fast_layers(remove_codec_weight_norm(codec, fingerprint="0" * 16)).requires_grad_(False)
        for cores in options.cores:
            torch.set_num_threads(cores)
            for chunk in options.chunks:
                print_row(codec, size, cores, chunk, measure(codec, chunk, options.frames))


def measure(codec, chunk: int, frames: int) -> tuple[float, float]:
    """Median seconds to encode and to decode a chunk, in the middle of a stream."""
    hop_length = codec.hop_length
    audio = 0.1 * torch.randn(1, frames * hop_length)
    stream, encoding, decoding = codec.stream(), [], []
    for first in range(0, frames, chunk):
        begin = time.perf_counter()
        tokens = stream.encode(audio[:, first * hop_length : (first + chunk) * hop_length])
        middle = time.perf_counter()
        stream.decode(tokens)
        encoding.append(middle - begin)
        decoding.append(time.perf_counter() - middle)
    # The first ones have little to do yet.
    begun = len(encoding) // 3
    return median(encoding[begun:]), median(decoding[begun:])


def print_row(codec, size: str, cores: int, chunk: int, seconds: tuple[float, float]) -> None:
    arrives = chunk / codec.frame_rate
    speeds = " | ".join(f"{spent / arrives:.2f} s" for spent in seconds)
    latencies = " | ".join(
        f"{lookahead + 1000 * (arrives + spent):.0f} ms"
        for lookahead, spent in zip(codec.lookahead, seconds, strict=True)
    )
    print(f"| {size} | {cores} | {chunk} | {speeds} | {latencies} |", flush=True)


if __name__ == "__main__":
    main()
