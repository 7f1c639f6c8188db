"""What an update asks of a GPU, counted without one: `python benchmarks/roofline.py [--batch 16] [--set key=value]`.

Two updates, one in which both networks step and one of only the generator, are issued on tensors that say they lie on a
GPU and have no numbers. Every operation is counted, with the bytes that it reads and writes and with its products. An
operation takes at least as long as the device's bandwidth and its peak allow; the defaults are an H200's data sheet.
What a device does in several kernels counts as one operation, and nothing is fused.
"""

import argparse
import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from unittest import mock

import torch
from machine import DTYPES
from stopwatch import CROP
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._foreach_utils import _foreach_supported_types
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry
from update import FULL_SIZE, write_wavlm

from lfsc.config.compose import compose
from lfsc.training.build import build_module
from lfsc.training.module import CodecModule

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "training"))
from emulated_gpu import backward
from micro import do_without_trainer

UPDATES = 4  # the first of each kind prepares what stays, and is not counted
# Operations by what they do; the first whose words begin a name counts. What changes only shapes is no work.
KINDS = {
    "": "view|_unsafe_view|_reshape_alias|as_strided|detach|alias|transpose|permute|t$|expand|unsqueeze|squeeze"
    "|select$|slice$|split|unbind|narrow|empty|real$|imag$|device|lift",
    "convolutions, matrix products": "convolution|.*mm$|.*attention",
    "padding": "reflection_pad|constant_pad|replication_pad|pad",
    "weight norm": "_weight_norm",
    "Fourier transforms": "_fft",
    "optimizers": "_fused_adam|_foreach",
    "casts, copies, zeros": "_to_copy|copy_|clone|cat|stack|index|select_backward|slice_backward|fill|zero|ones|full",
    "sums, means, norms": "sum|mean|linalg_vector_norm|norm|var|.*_reduce|amax|max$|min$",
    "all else, element by element": "",
}


class Device(NamedTuple):
    bandwidth: float  # bytes a second
    peaks: dict[torch.dtype, float]  # FLOP/s of products


class Work(NamedTuple):
    operations: int = 0
    moved: int = 0  # bytes
    flops: int = 0
    seconds: float = 0.0  # at least

    def __add__(self, other: "Work") -> "Work":
        return Work(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Count(TorchDispatchMode):
    """The work of all operations inside, by kind."""

    def __init__(self, device: Device):
        super().__init__()
        self.device = device
        self.work: dict[str, Work] = defaultdict(Work)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        kind = next(kind for kind, words in KINDS.items() if re.match(words, function.overloadpacket.__name__))
        if kind:
            tensors = [each for each in tree_leaves((args, kwargs, result)) if isinstance(each, torch.Tensor)]
            moved = sum(each.numel() * each.itemsize for each in tensors)
            count = flop_registry.get(function.overloadpacket)
            flops = count(*args, **kwargs, out_val=result) if count else 0
            seconds = moved / self.device.bandwidth
            if flops:
                seconds = max(seconds, flops / self.device.peaks[tensors[0].dtype])
            self.work[kind] += Work(1, moved, flops, seconds)
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default=FULL_SIZE)
    parser.add_argument("--batch", type=int, default=16, help="clips of 24,576 samples (%(default)s)")
    parser.add_argument("--precision", choices=DTYPES, default="bf16-mixed")
    parser.add_argument("--set", nargs="*", default=[], metavar="key=value", help="of the recipe")
    parser.add_argument("--bandwidth", type=float, default=4.8, help="TB/s (%(default)s)")
    parser.add_argument("--half-peak", type=float, default=989, help="TFLOP/s in bf16 and fp16 (%(default)s)")
    parser.add_argument("--peak", type=float, default=67, help="TFLOP/s in float32; TF32 has 495 (%(default)s)")
    options = parser.parse_args()
    half, single = 1e12 * options.half_peak, 1e12 * options.peak
    peaks = {torch.bfloat16: half, torch.float16: half, torch.float32: single, torch.complex64: single}
    with tempfile.TemporaryDirectory() as wavlm:
        overrides = list(options.set)
        if options.recipe == FULL_SIZE:
            write_wavlm(wavlm)
            overrides.append(f"slm.path={wavlm}")
        settings = ["data.path=unused", "trainer=cpu", "discriminators.start_at=0", *overrides]
        module = build_module(compose(options.recipe, settings))
    device = Device(1e12 * options.bandwidth, peaks)
    both, alone = count_updates(module, options.batch, DTYPES[options.precision], device)
    print_table(both, alone)


def count_updates(module: CodecModule, batch: int, dtype: torch.dtype, device: Device) -> list[dict[str, Work]]:
    """The work of an update in which both networks step, and of one of only the generator."""
    found = []
    with (
        FakeTensorMode(allow_non_fake_inputs=True),
        mock.patch("torch.cuda.amp.common.amp_definitely_not_available", lambda: False),
        mock.patch("torch.cuda.is_bf16_supported", lambda *_: True),
        mock.patch("torch.utils._foreach_utils._foreach_supported_types", [*_foreach_supported_types, FakeTensor]),
    ):
        module.to("cuda:0")
        do_without_trainer(module, backward)
        audio = torch.empty(batch, CROP, device="cuda:0")
        for number in range(UPDATES):
            with Count(device) as count, torch.autocast("cuda", dtype, enabled=dtype != torch.float32):
                module.training_step(SimpleNamespace(audio=audio), number)
            found.append(count.work)
    return found[2:]


def print_table(both: dict[str, Work], alone: dict[str, Work]) -> None:
    """The mean of an update of each kind; the period between them is two."""
    print("| mean of both updates | operations | GB | TFLOP | ms at least |")
    print("|---|---|---|---|---|")
    total = Work()
    for kind in KINDS:
        work = both.get(kind, Work()) + alone.get(kind, Work())
        total += work
        if work.operations:
            print_row(kind, work)
    print_row("all", total)
    print(
        f"\noperations of an update of both networks {sum(work.operations for work in both.values())}, "
        f"of only the generator {sum(work.operations for work in alone.values())}"
    )


def print_row(kind: str, work: Work) -> None:
    operations, moved, flops, seconds = (each / 2 for each in work)
    print(f"| {kind} | {operations:.0f} | {moved / 1e9:.1f} | {flops / 1e12:.2f} | {1e3 * seconds:.1f} |")


if __name__ == "__main__":
    main()
