"""A codec as audio arrives: `python benchmarks/streaming.py [--codec small nano_22khz_0.6kbps] [--cores 1 2]`.

Per codec, number of cores and frames a chunk: the time that a second of audio takes, which must be below 1 s to keep
up; how long after a sound its result is there: what must have been heard beyond it, the chunk that it came in, and the
computation; and the time of one chunk's decoding with its share of what the cores give in matrix products.
"""

import argparse
import time
from statistics import median

import torch
from machine import matrix_peak, name_of_machine
from torch.utils.flop_counter import FlopCounterMode

from lfsc.config.compose import compose
from lfsc.config.instantiate import build
from lfsc.cpu.apply import use_fast_layers
from lfsc.tokens.fingerprint import remove_codec_weight_norm

NANO = ["nano_22khz_0.6kbps", "nano_22khz_1.78kbps", "nano_22khz_1.89kbps"]
RECIPES = {"small": "small", "lfsc": "lfsc_22khz_no_slm", **{name: name for name in NANO}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codec", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--chunks", type=int, nargs="+", default=[1, 4, 16], help="frames")
    parser.add_argument("--frames", type=int, default=96, help="of audio, for each row")
    parser.add_argument("--decode-only", action="store_true", help="as a speech language model uses it")
    options = parser.parse_args()
    print(name_of_machine())
    print("\n| codec | cores | frames a chunk | encode 1 s | decode 1 s | latency, encode | latency, decode | ", end="")
    print("decode a chunk | share of the matrix peak |\n|---|---|---|---|---|---|---|---|---|", flush=True)
    for size in options.codec:
        torch.manual_seed(0)
        codec = build(compose(RECIPES[size], ["data.path=unused"])["codec"]).eval()
        codec = use_fast_layers(remove_codec_weight_norm(codec, fingerprint="0" * 16)).requires_grad_(False)
        operations = operations_of_a_frame(codec)
        for cores in options.cores:
            torch.set_num_threads(cores)
            peak = matrix_peak("32-true")
            for chunk in options.chunks:
                encoding, decoding = measure(codec, chunk, options.frames, encodes=not options.decode_only)
                share = chunk * operations / decoding / peak
                print_row(codec, size, cores, chunk, (encoding, decoding), share)


def measure(codec, chunk: int, frames: int, *, encodes: bool) -> tuple[float, float]:
    """Median seconds to encode and to decode a chunk, in the middle of a stream."""
    hop_length = codec.hop_length
    audio = 0.1 * torch.randn(1, frames * hop_length)
    random = torch.randint(codec.codebook_size, (1, codec.num_codebooks, frames))
    stream, encoding, decoding = codec.stream(), [], []
    for first in range(0, frames, chunk):
        begin = time.perf_counter()
        tokens = random[..., first : first + chunk]
        if encodes:
            tokens = stream.encode(audio[:, first * hop_length : (first + chunk) * hop_length])
        middle = time.perf_counter()
        stream.decode(tokens)
        encoding.append(middle - begin)
        decoding.append(time.perf_counter() - middle)
    # The first ones have little to do yet.
    begun = len(encoding) // 3
    return median(encoding[begun:]), median(decoding[begun:])


def operations_of_a_frame(codec) -> float:
    """Floating-point operations that decoding a frame takes, two a multiplication."""
    tokens = torch.zeros(1, codec.num_codebooks, 32, dtype=torch.int64)
    with FlopCounterMode(display=False) as counter:
        codec.decode(tokens)
    return counter.get_total_flops() / tokens.shape[-1]


def print_row(codec, size: str, cores: int, chunk: int, seconds: tuple[float, float], share: float) -> None:
    arrives = chunk / codec.frame_rate
    speeds = " | ".join(f"{spent / arrives:.2f} s" for spent in seconds)
    latencies = " | ".join(
        f"{lookahead + 1000 * (arrives + spent):.0f} ms"
        for lookahead, spent in zip(codec.lookahead, seconds, strict=True)
    )
    chunk_time = f"{1000 * seconds[1]:.1f} of {1000 * arrives:.1f} ms"
    print(f"| {size} | {cores} | {chunk} | {speeds} | {latencies} | {chunk_time} | {share:.0%} |", flush=True)


if __name__ == "__main__":
    main()
