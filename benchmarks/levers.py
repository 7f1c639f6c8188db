"""What each lever of the update's speed gives: `python benchmarks/levers.py [--levers LEVER …]`.

A training at full size. Each lever is taken away for an update of each kind, right after one of each kind with all
levers, and put back, so that both sides of a ratio are seconds apart. `--levers all` takes all of them away at once,
and `--parts` says where the time goes, before and after.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from statistics import median
from typing import NamedTuple
from unittest.mock import patch

os.environ["HF_HUB_OFFLINE"] = "1"

from lightning.pytorch import Callback, LightningModule, Trainer
from machine import DTYPES, name_of_machine
from our_update import time_calls
from stopwatch import fit, noise, synchronize
from torch import nn
from transformers.models.wavlm.modeling_wavlm import WavLMAttention
from update import FULL_SIZE, duration, write_wavlm

from lfsc.config.compose import compose
from lfsc.cpu import gradients
from lfsc.data.batch import Batch
from lfsc.discriminators import layers
from lfsc.discriminators.attention import FusedAttention
from lfsc.discriminators.ensemble import DiscriminatorInputs
from lfsc.discriminators.frozen import Frozen
from lfsc.models import padding
from lfsc.nn import reflection
from lfsc.training import module as training
from lfsc.training.build import build_module
from lfsc.training.callbacks.profiler import parts

KINDS = 2  # of updates: with both turns, and with the generator's alone, in turns
Without = Callable[[nn.Module], AbstractContextManager]


@contextmanager
def stock_attention(module: nn.Module) -> Iterator[None]:
    frozen = [part.held[0] for part in module.modules() if type(part) is Frozen]
    fused = [part for network in frozen for part in network.modules() if type(part) is FusedAttention]
    for part in fused:
        part.__class__ = WavLMAttention
    yield
    for part in fused:
        part.__class__ = FusedAttention


@contextmanager
def stock_activations(module: nn.Module) -> Iterator[None]:
    in_place = [part for part in module.modules() if getattr(part, "inplace", False)]
    for part in in_place:
        part.inplace = False
    yield
    for part in in_place:
        part.inplace = True


@contextmanager
def stock_reflection(_: nn.Module) -> Iterator[None]:
    def stock(x, *pads):
        return reflection.reflect_forward(x, pads)

    with patch.object(padding, "reflect", stock), patch.object(layers, "reflect", stock):
        yield


def stock_convolutions(_: nn.Module) -> AbstractContextManager:
    return patch.object(gradients, "learning_on_cpu", lambda x, weight: False)


@contextmanager
def discriminators_with_gradients(module: nn.Module) -> Iterator[None]:
    # Weights that are normed once, without a graph, would have no gradient.
    with patch.object(training, "frozen_parameters", lambda module: nullcontext()), weights_normed_anew(module):
        yield


def weights_normed_anew(_: nn.Module) -> AbstractContextManager:
    return patch.object(training.parametrize, "cached", nullcontext)


def transforms_twice(_: nn.Module) -> AbstractContextManager:
    discriminator_losses = training.CodecModule.discriminator_losses

    def with_inputs_of_its_own(self, forward_pass):
        inputs = DiscriminatorInputs(*self.discriminators.transform(forward_pass.real, forward_pass.fake.detach()))
        return discriminator_losses(self, forward_pass._replace(inputs=inputs))

    return patch.object(training.CodecModule, "discriminator_losses", with_inputs_of_its_own)


@contextmanager
def stock_everything(module: nn.Module) -> Iterator[None]:
    with ExitStack() as taken_away:
        for lever, without in WITHOUT.items():
            if lever != ALL:
                taken_away.enter_context(without(module))
        yield


ALL = "all"
WITHOUT: dict[str, Without] = {
    "transforms, once an update": transforms_twice,
    "no gradients of the discriminators in the generator's step": discriminators_with_gradients,
    "the discriminators' weights normed once a step": weights_normed_anew,
    "WavLM's attention, fused": stock_attention,
    "reflection with a gradient in one copy": stock_reflection,
    "gradients of dilated and strided convolutions": stock_convolutions,
    "activations in place": stock_activations,
    ALL: stock_everything,
}


class Turn(NamedTuple):
    """An update of each kind, with every lever or without one."""

    lever: str
    without: bool


class Turns(Callback):
    """Times the updates of a schedule, and in them the calls that are noted down in `calls` by the names of parts."""

    def __init__(self, schedule: list[Turn], calls: dict[str, list[float]]):
        self.schedule = schedule
        self.calls = calls
        self.seconds: dict[Turn, list[list[float]]] = {turn: [[] for _ in range(KINDS)] for turn in schedule}
        self.parts: dict[Turn, dict[str, float]] = {turn: dict.fromkeys(calls, 0.0) for turn in schedule}

    def on_train_batch_start(self, trainer: Trainer, module: LightningModule, batch, batch_idx: int) -> None:
        lever, without = self.schedule[batch_idx // KINDS]
        self.taken_away = ExitStack()
        if without:
            self.taken_away.enter_context(WITHOUT[lever](module))
        synchronize()
        self.begin = time.perf_counter()

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, outputs, batch, batch_idx: int) -> None:
        synchronize()
        took = time.perf_counter() - self.begin
        self.taken_away.close()
        turn = self.schedule[batch_idx // KINDS]
        self.seconds[turn][batch_idx % KINDS].append(took)
        for name, calls in self.calls.items():
            self.parts[turn][name] += sum(calls)
            calls.clear()

    def mean(self, turn: Turn) -> float:
        """Mean seconds of an update, of the medians for each kind."""
        return sum(map(median, self.seconds[turn])) / KINDS

    def part(self, turn: Turn, name: str) -> float:
        """Mean seconds of a part in an update."""
        return self.parts[turn][name] / sum(map(len, self.seconds[turn]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--precision", nargs="+", choices=DTYPES, default=["32-true", "bf16-mixed"])
    parser.add_argument("--rounds", type=int, default=2, help="updates of each kind without a lever")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--levers", nargs="+", choices=WITHOUT, default=list(WITHOUT), metavar="LEVER")
    parser.add_argument("--parts", action="store_true", help="a row for each part of the update, too")
    options = parser.parse_args()
    print(f"{name_of_machine()}\n\n| precision | lever | update without it | with it | gain |\n|---|---|---|---|---|")
    for precision in options.precision:
        turns = train_in_turns(precision, options)
        for lever in options.levers:
            without, with_it = Turn(lever, without=True), Turn(lever, without=False)
            print_row(precision, lever, turns.mean(without), turns.mean(with_it))
            for name in turns.calls:
                print_row(precision, f"{lever}: {name}", turns.part(without, name), turns.part(with_it, name))


def print_row(precision: str, name: str, without: float, with_it: float) -> None:
    seconds = f"{duration(without)} | {duration(with_it)}"
    print(f"| {precision} | {name} | {seconds} | {1 - with_it / without:.1%} |", flush=True)


def train_in_turns(precision: str, options: argparse.Namespace) -> Turns:
    batch = options.batch
    sides = [
        Turn(lever, without) for lever in options.levers for _ in range(options.rounds) for without in (False, True)
    ]
    schedule = [Turn("", without=False), *sides]  # the first updates warm up
    with tempfile.TemporaryDirectory() as wavlm:
        write_wavlm(wavlm)
        module = build_module(compose(FULL_SIZE, ["data.path=unused", f"batch_size={batch}", f"slm.path={wavlm}"]))
    # A GPU must wait at the end of each part, which would slow the updates down.
    calls = {name: time_calls(owner, method) for name, owner, method in parts(module)} if options.parts else {}
    turns = Turns(schedule, calls)
    batches = [Batch(audio, [""] * batch, []) for audio in noise(batch, KINDS * len(schedule))]
    fit(module, batches, precision=precision, callbacks=[turns])
    return turns


if __name__ == "__main__":
    main()
