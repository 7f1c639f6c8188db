"""Updates as CUDA graphs: issued once, and then repeated by the device, which waits for no Python."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor

from lfsc.config.checks import is_on_one_device
from lfsc.config.scalars import as_text
from lfsc.io.messages import first_line
from lfsc.training.module import CodecModule
from lfsc.training.precision import FLOAT16, check_precision, on_gpu

# Updates of a kind before it is captured: by then all is compiled, tuned and allocated that the first ones need.
REHEARSALS = 3


class Recorder(Protocol):
    """What captures a device's work."""

    def rehearsal(self) -> AbstractContextManager:
        """Inside, work is done as it would be captured."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """What does the work that `work` issues, which is not done now."""


class CudaRecorder:
    """Captures on a stream of its own; its graphs share their memory, as one alone runs at a time."""

    def __init__(self) -> None:
        self.stream = torch.cuda.Stream()
        self.pool = torch.cuda.graph_pool_handle()

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            yield
        torch.cuda.current_stream().wait_stream(self.stream)

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        graph = torch.cuda.CUDAGraph()
        # Of this thread alone: another one pins the loader's next batch meanwhile. In a rehearsal, which leaves the
        # stream after a failure too.
        with (
            self.rehearsal(),
            torch.cuda.graph(graph, pool=self.pool, stream=self.stream, capture_error_mode="thread_local"),
        ):
            work()
        return graph.replay


class CapturedUpdates:
    """Stands in for `module.train_networks`: captures each kind of update when it has run a few times, then replays it.

    A kind is a shape of the audio, and whether the discriminators have started, and step. Losses and weights are those
    of `module.train_networks` up to rounding: the device has the learning rate in float32, and in mixed precision each
    use of a weight casts it anew, so that its gradients meet in float32. ValueError for an optimizer that is not fused,
    as its steps ask the device whether they are finite, and for an update that cannot be captured.
    """

    def __init__(self, module: CodecModule, *, make_recorder: Callable[[], Recorder] = CudaRecorder):
        self.module = module
        self.make_recorder = make_recorder
        self.recorder: Recorder | None = None
        self.kinds: dict[tuple, CapturedUpdate] = {}

    def __call__(self, audio: Tensor) -> None:
        module = self.module
        if module.warmup.remains:
            return module.train_networks(audio)
        if self.recorder is None:
            self.recorder = self.make_recorder()
        kind = (audio.shape, module.discriminators_started, module.is_discriminator_step)
        if kind not in self.kinds:
            self.kinds[kind] = CapturedUpdate(module, self.recorder, torch.empty_like(audio))
        return self.kinds[kind](audio)


class CapturedUpdate:
    """An update of one kind. What it reads and writes stays at its address; `audio` is its input's."""

    def __init__(self, module: CodecModule, recorder: Recorder, audio: Tensor):
        self.module = module
        self.recorder = recorder
        self.audio = audio
        self.rates = [
            (group, torch.zeros((), device=audio.device))
            for name in module.networks
            for group in fused_groups(module, name)
        ]
        self.rehearsals = 0
        self.replay: Callable[[], None] | None = None
        # What the update gave: names, and values in the same order.
        self.names: list[str] = []
        self.values = torch.empty(0)

    def __call__(self, audio: Tensor) -> None:
        self.audio.copy_(audio)
        for group, rate in self.rates:
            rate.fill_(group["lr"])
        if self.replay is None and self.rehearsals == REHEARSALS:
            self.replay = self.record()
        if self.replay is not None:
            self.replay()
        else:
            with self.recorder.rehearsal():
                self.issue(is_captured=False)
            self.rehearsals += 1
        # Copies: the next replay writes to the same place.
        self.module.scalars |= zip(self.names, self.values.clone().unbind(), strict=True)

    def record(self) -> Callable[[], None]:
        try:
            return self.recorder.record(partial(self.issue, is_captured=True))
        except RuntimeError as error:
            raise ValueError(
                f"cuda_graphs=true, and an update could not be captured: {first_line(first_of(error))}; "
                "take cuda_graphs=false"
            ) from error

    def issue(self, *, is_captured: bool) -> None:
        before, self.module.scalars = self.module.scalars, {}
        with uncached_autocast(), optimizers_on_device(self.rates, is_captured=is_captured):
            self.module.train_networks(self.audio)
        self.names = list(self.module.scalars)
        self.values = torch.stack([value.double() for value in self.module.scalars.values()])
        self.module.scalars = before


def first_of(error: RuntimeError) -> RuntimeError:
    """The error that began it: a capture that something breaks ends by an error of its own, which says nothing."""
    before = error.__context__
    return first_of(before) if isinstance(before, RuntimeError) else error


def fused_groups(module: CodecModule, network: str) -> list[dict[str, Any]]:
    """The optimizer's groups of parameters; ValueError for an optimizer whose steps wait for the device."""
    optimizer = module.torch_optimizer(network)
    if not getattr(optimizer, "_step_supports_amp_scaling", False):
        raise ValueError(
            f"cuda_graphs=true and optimizers.{network} is {type(optimizer).__name__} without fused=true: its steps "
            "wait for the device; give a fused one, or cuda_graphs=false"
        )
    return optimizer.param_groups


@contextmanager
def optimizers_on_device(rates: list[tuple[dict[str, Any], Tensor]], *, is_captured: bool) -> Iterator[None]:
    """Inside, optimizers read their learning rates on the device; schedules and checkpoints never see that."""
    before = [dict(group) for group, _ in rates]
    for group, rate in rates:
        # Those that know it refuse a capture without it, and warn of it elsewhere.
        group |= {"lr": rate} | ({"capturable": is_captured} if "capturable" in group else {})
    try:
        yield
    finally:
        for (group, _), settings in zip(rates, before, strict=True):
            group |= settings


@contextmanager
def uncached_autocast() -> Iterator[None]:
    """Inside, no weight is cast outside of the graph that reads it."""
    before = torch.is_autocast_cache_enabled()
    torch.set_autocast_cache_enabled(False)
    try:
        yield
    finally:
        torch.set_autocast_cache_enabled(before)


def check_cuda_graphs(config: dict[str, Any]) -> None:
    """ValueError where a run with cuda_graphs=true could not capture its updates."""
    if not config["cuda_graphs"]:
        return
    trainer = config["trainer"]
    if not on_gpu(trainer):
        raise ValueError("cuda_graphs=true needs a GPU, and this run is on the CPU: take cuda_graphs=false")
    if not is_on_one_device(trainer):
        several = ", ".join(f"trainer.{name}={trainer[name]}" for name in ("strategy", "devices", "num_nodes"))
        raise ValueError(f"cuda_graphs=true with {several}: expected one device, without ddp")
    if check_precision(trainer) == FLOAT16:
        raise ValueError(f"cuda_graphs=true with trainer.precision={FLOAT16}, whose scale changes: take bf16-mixed")
    for name, reason in {"anomaly": "looks at each operation", "profile": "waits for each part of an update"}.items():
        if value := config["debug"][name]:
            raise ValueError(f"cuda_graphs=true with debug.{name}={as_text(value)}, which {reason}: take one of them")
