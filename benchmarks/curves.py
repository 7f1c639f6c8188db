"""The same training by NeMo and by lfsc: from the same weights, on the same crops, loss by loss.

    LFSC_NEMO_PYTHON=… python benchmarks/curves.py DATA --out docs/nemo_curves.png

DATA is a folder that data_prep wrote. The recipe's codec is narrowed to that of `pocket`; the discriminators are the
paper's, as NeMo has no others. In float32 on a CPU both compute the same up to rounding, which a training of two
adversaries enlarges from update to update. In the end each codec codes the validation clips.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch
from lightning.pytorch import Callback
from matplotlib.figure import Figure
from stopwatch import fit

import lfsc
from lfsc.config.checks import CURRICULUM
from lfsc.config.compose import compose
from lfsc.config.instantiate import build
from lfsc.data.batch import Batch
from lfsc.formats.nemo.writing import write_archive
from lfsc.models.codec import Codec
from lfsc.training.build import build_module
from lfsc.training.module import CodecModule

# By NeMo's names, which its interpreter writes.
LOSSES = {"mel": "g_loss_mel_l1", "stft": "g_loss_stft", "adversarial": "g_loss_gen", "features": "g_loss_feature"}
LOSSES |= {"discriminator": "d_loss"}
SHOWN = (1, 3, 11, 31, 101, 199, 301, 1001)  # updates in the table, all with a step of the discriminators


class Record(Callback):
    """The losses of every update; NaN for those of the discriminators in the updates that they rest."""

    def __init__(self):
        self.rows = []

    def on_train_batch_end(self, trainer, module: CodecModule, *_):
        rests = module.updates % module.discriminator_update_period == 0  # the count is the next update's
        values = {name: module.scalars[name].item() for name in LOSSES}
        self.rows.append([numpy.nan if rests and name == "discriminator" else values[name] for name in LOSSES])


def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    overrides = ["codec=pocket", f"data.path={options.data}", f"batch_size={options.batch}", "num_workers=0"]
    config = compose("lfsc_22khz_no_slm", [*overrides, f"crop_length={options.crop}", "trainer=cpu", *options.set])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        torch.manual_seed(config["seed"])
        module = build_module(config)
        write_start(folder / "start.nemo", module)
        batches, clips = draw(config, options.updates)
        numpy.save(folder / "batches.npy", batches.numpy())
        record = Record()
        fit(module, [Batch(audio, [""] * len(audio), []) for audio in batches], callbacks=[record])
        ours, theirs = numpy.array(record.rows), train_nemo(options, folder)
        print_losses(ours, theirs)
        codecs = {"lfsc": module.codec.eval(), "NeMo": lfsc.load(folder / "end.nemo")}
        print_coding(codecs, clips, build(config["losses"], where="losses")["reconstruction"])
    draw_curves(ours, theirs, options.out)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--nemo-python", default=os.environ.get("LFSC_NEMO_PYTHON"), help="has nemo_toolkit 3.0.0")
    parser.add_argument("--updates", type=int, default=300, help="(%(default)s)")
    parser.add_argument("--batch", type=int, default=4, help="crops (%(default)s)")
    parser.add_argument("--crop", type=int, default=8192, help="samples (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="(%(default)s)")
    parser.add_argument("--set", nargs="*", default=[], metavar="key=value", help="of the recipe")
    parser.add_argument("--out", type=Path, required=True, help="a PNG")
    options = parser.parse_args()
    if not options.nemo_python:
        parser.error("--nemo-python or LFSC_NEMO_PYTHON must name an interpreter with nemo_toolkit 3.0.0")
    return options


def write_start(path: Path, module: CodecModule) -> None:
    """What both begin with, as NeMo opens it."""
    config = module.config
    write_archive(
        path,
        codec=config["codec"],
        weights=module.codec.state_dict(),
        discriminators={name: part for name, part in config["discriminators"].items() if name not in CURRICULUM},
        discriminator_weights=module.discriminators.state_dict(),
    )


def draw(config: dict, updates: int) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Batches [updates,B,T] of crops to train on, and the validation clips [T]."""
    data = build(config["data"], where="data")
    data.setup("fit")
    training = iter(data.train_dataloader())
    batches = torch.stack([next(training).audio for _ in range(updates)])
    validation = [clip for batch in data.val_dataloader() for clip in batch.audio]
    data.teardown()
    return batches, validation


def train_nemo(options: argparse.Namespace, folder: Path) -> numpy.ndarray:
    script = Path(__file__).with_name("nemo_curves.py")
    subprocess.run(
        [options.nemo_python, script, folder, *LOSSES.values()],
        env=os.environ | {"OMP_NUM_THREADS": str(options.threads)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return numpy.load(folder / "losses.npy")


def print_losses(ours: numpy.ndarray, theirs: numpy.ndarray) -> None:
    print("| update |", " | ".join(f"{name}, NeMo | lfsc" for name in LOSSES), "|")
    print("|---" * (1 + 2 * len(LOSSES)), end="|\n")
    for update in SHOWN:
        if update <= len(ours):
            pairs = zip(theirs[update - 1], ours[update - 1], strict=True)
            print(f"| {update} |", " | ".join(f"{their:.6f} | {our:.6f}" for their, our in pairs), "|")


@torch.no_grad()
def print_coding(codecs: dict[str, Codec], clips: list[torch.Tensor], losses: dict) -> None:
    """The reconstruction losses of validation clips, by each codec."""
    print(f"\n| {len(clips)} validation clips |", " | ".join(losses), "|")
    print("|---" * (1 + len(losses)), end="|\n")
    for name, codec in codecs.items():
        pairs = [(codec(clip[None]).audio, clip[None]) for clip in clips]
        means = (numpy.mean([part["loss"](*pair).item() for pair in pairs]) for part in losses.values())
        print(f"| trained by {name} |", " | ".join(f"{mean:.4f}" for mean in means), "|")


def draw_curves(ours: numpy.ndarray, theirs: numpy.ndarray, out: Path) -> None:
    """A panel for each loss, and one of how far the two are from each other."""
    figure = Figure(figsize=(12, 6), layout="constrained")
    *panels, last = figure.subplots(2, 3).flat
    for axes, name, our, their in zip(panels, LOSSES, ours.T, theirs.T, strict=True):
        logged = numpy.isfinite(our)
        updates = 1 + numpy.flatnonzero(logged)
        axes.plot(updates, their[logged], label="NeMo 3.0", color="tab:gray", linewidth=3, alpha=0.5)
        axes.plot(updates, our[logged], label="lfsc", color="tab:blue", linewidth=1)
        axes.set(title=name)
        last.semilogy(updates, numpy.abs(our - their)[logged] / their[logged], label=name, linewidth=1)
    last.set(title="difference, as a part of NeMo's")
    for axes in (*panels, last):
        axes.set(xlabel="updates")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.savefig(out, dpi=90)
    print(out, file=sys.stderr)


if __name__ == "__main__":
    main()
