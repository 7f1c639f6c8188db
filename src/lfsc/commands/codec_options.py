"""What every command that runs a codec has in common: its options, and the codec ready to run."""

import argparse
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from lfsc.commands.own_code import add_own_code, own_code_names
from lfsc.formats.shipped import ABOUT, SHIPPED

if TYPE_CHECKING:
    from lfsc.models.codec import Codec

PRECISIONS = ("float32", "tf32", "bf16")


class Ready(NamedTuple):
    codec: "Codec"
    fingerprint: str


def make_file_parser(verb: str, description: str) -> argparse.ArgumentParser:
    """The parser of a command over one file or a folder of them."""
    parser = argparse.ArgumentParser(prog=f"lfsc {verb}", description=description)
    parser.add_argument("input", metavar="IN")
    parser.add_argument("output", metavar="OUT")
    add_options(parser)
    return parser


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--codec",
        default=SHIPPED,
        metavar="X",
        help="a run (RUN@best: its best checkpoint, not its last), checkpoint, bundle, .nemo archive or hub name "
        "(default: %(default)s, the small sample that comes with lfsc)",
    )
    add_own_code(parser)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 … (default: %(default)s)")
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="float32",
        help="of the convolutions; bf16 is faster and changes some tokens (default: %(default)s)",
    )
    parser.add_argument(
        "--deterministic", action="store_true", help="on a GPU, the same bits in every run: slower kernels"
    )
    parser.add_argument(
        "--chunk-seconds",
        type=float,
        default=15.0,
        metavar="S",
        help="how much of a clip is computed at once (default: %(default)s)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist already")


def add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=("wav", "flac", "ogg"),
        default="wav",
        help="of the files in a folder (default: %(default)s)",
    )


def prepare_codec(options: argparse.Namespace, device=None, *, is_worker: bool = False) -> Ready:
    """The codec of the options, optimized for a CPU or on its device, in its precision; its tokens' fingerprint.

    That it is the shipped one is printed, but not by each worker.
    """
    from lfsc.nn.device import find_device

    if not options.chunk_seconds > 0:
        raise ValueError(f"--chunk-seconds {options.chunk_seconds}: expected more than 0")
    if options.codec == SHIPPED and not is_worker:
        print(ABOUT, file=sys.stderr)
    device = device or find_device(options.device)
    set_arithmetic(options, device)
    # One name for one place: a worker that is this process itself has the codec there already.
    place = f"cuda:{device.index or 0}" if device.type == "cuda" else str(device)
    return load_codec(options.codec, place, options.precision, tuple(own_code_names(options)))


# A worker asks for each of its shards.
@lru_cache(maxsize=1)
def load_codec(source: str, device: str, precision: str, trust: tuple[str, ...]) -> Ready:
    import torch

    import lfsc
    from lfsc.cpu.apply import optimize_for_cpu
    from lfsc.tokens.fingerprint import fingerprint, remove_codec_weight_norm

    codec = lfsc.load(source, trust=trust)
    mark = fingerprint(codec)
    codec = remove_codec_weight_norm(codec, fingerprint=mark).requires_grad_(False)
    return Ready(optimize_for_cpu(codec.to(device, torch.bfloat16 if precision == "bf16" else torch.float32)), mark)


def set_arithmetic(options: argparse.Namespace, device) -> None:
    import torch

    from lfsc.nn.device import allow_tf32

    if options.precision == "tf32" and device.type != "cuda":
        raise ValueError("--precision tf32 is for CUDA devices; this is a CPU: take float32 or bf16")
    allow_tf32(options.precision == "tf32")
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = options.deterministic
