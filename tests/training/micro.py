"""Runs that are over in seconds: a corpus of noise and the recipe micro.yaml."""

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from lfsc.config.compose import compose
from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import read_rows

HERE = Path(__file__).parent
RECIPE = HERE / "micro.yaml"
# What depends on the clock: all else in a metrics.csv must come out the same.
TIMES = ("throughput/", "checkpoint/")


def write_noise(folder: Path, *, clips_per_shard: int = 8) -> Path:
    """A corpus of two languages: 40 and 24 clips to train on, 5 and 2 to validate with, each 0.6 to 1 s of noise."""
    from corpora import write_corpus

    first = {"train": clips("a", 40), "val": clips("va", 5)}
    second = {"train": clips("b", 24), "val": clips("vb", 2)}
    return write_corpus(folder, {"one/en": first, "two/de": second}, clips_per_shard=clips_per_shard)


def clips(prefix: str, count: int) -> dict[str, torch.Tensor]:
    return {f"{prefix}{number}": noise(number, seconds=0.6 + 0.1 * (number % 5)) for number in range(count)}


def noise(seed: int, *, seconds: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (0.1 * torch.randn(round(seconds * 22050), generator=generator)).clamp(-0.9, 0.9)


def configuration(corpus: Path, runs_root: Path, *overrides: str) -> dict[str, Any]:
    return compose(str(RECIPE), [f"data.path={corpus}", f"runs_root={runs_root}", "trainer=cpu", *overrides])


def run_of(config: dict[str, Any]) -> Run:
    return Run(Path(config["runs_root"]) / config["name"])


def train(config: dict[str, Any], checkpoint: Path | None = None):
    """The trained module of a run."""
    from lfsc.training.fit import train

    return train(config, run_of(config), checkpoint=checkpoint)


def resume(config: dict[str, Any]):
    from lfsc.runs.checkpoints import newest

    return train(config, newest(run_of(config).checkpoints))


def do_without_trainer(module, run_backward: Callable[[torch.Tensor], Any] = torch.Tensor.backward):
    """A CodecModule with what its training step asks a trainer for."""
    configured = module.configure_optimizers()
    module.optimizers = lambda **_: [each["optimizer"] for each in configured]
    module.lr_schedulers = lambda: [each["lr_scheduler"]["scheduler"] for each in configured]
    module.manual_backward = run_backward
    return module


def started(function: Callable, *arguments: Any) -> multiprocessing.Process:
    """A process of its own that calls a function; forked, so that nothing has to be imported again."""
    process = multiprocessing.get_context("fork").Process(target=as_a_program, args=(function, *arguments))
    process.start()
    return process


def started_ranks(count: int, function: Callable, *arguments: Any) -> list[multiprocessing.Process]:
    """Processes that find each other as ranks; each calls the function with its rank before the arguments."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "NODE_RANK": "0", "WORLD_SIZE": str(count)}
    return [started(as_rank, rank, address, function, *arguments) for rank in range(count)]


def kill(config: dict[str, Any], *, after: Callable[[Any], bool]) -> Run:
    """A run that died as by kill -9 when `after` held of its module, before anything was written about that update."""
    process = started(train_until, config, after)
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    return run_of(config)


def train_until(config: dict[str, Any], is_over: Callable[[Any], bool]) -> None:
    from lfsc.training import build
    from lfsc.training.callbacks.max_updates import MaxUpdates

    class Death(MaxUpdates):
        def on_train_batch_end(self, trainer, module, *_):
            if is_over(module):
                os.kill(os.getpid(), signal.SIGKILL)

    build.MaxUpdates = Death
    train(config)


def as_rank(rank: int, address: dict[str, str], function: Callable, *arguments: Any) -> None:
    # As Lightning's launcher sets them for the ranks that it starts.
    os.environ |= {**address, "LOCAL_RANK": str(rank)}
    function(rank, *arguments)


def as_a_program(function: Callable, *arguments: Any) -> None:
    torch.set_num_threads(1)  # the threads of the process that was forked are not here
    # pytest has put its own in their place.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    function(*arguments)


def checkpoint_of(run: Run, name: str = "last.ckpt") -> dict[str, Any]:
    return torch.load(run.checkpoints / name, weights_only=True)


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """Where two trees of plain containers and tensors are not the same to the last bit."""
    if isinstance(one, torch.Tensor):
        return [] if torch.equal(one, other) else [where]
    if isinstance(one, dict):
        if one.keys() != other.keys():
            return [f"{where}: {sorted(map(str, one.keys() ^ other.keys()))}"]
        return [found for key in one for found in differences(one[key], other[key], f"{where}/{key}")]
    if isinstance(one, list | tuple):
        if len(one) != len(other):
            return [f"{where}: {len(one)} and {len(other)}"]
        return [
            found
            for i, (a, b) in enumerate(zip(one, other, strict=True))
            for found in differences(a, b, f"{where}/{i}")
        ]
    return [] if one == other or (one != one and other != other) else [f"{where}: {one} and {other}"]


def history(run: Run) -> list[dict[str, str]]:
    """The rows of a run's metrics.csv without what depends on the clock."""
    return [
        {name: value for name, value in row.items() if value and not name.startswith(TIMES)}
        for row in read_rows(run.metrics_file)
    ]


def learned(run: Run) -> dict[str, Any]:
    """All that a run's last checkpoint holds, but for what depends on the clock and on its name."""
    checkpoint = checkpoint_of(run)
    del checkpoint["config"], checkpoint["measured"]
    return checkpoint
