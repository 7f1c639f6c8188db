"""Where an update's time goes."""

import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile, record_function, schedule

from lfsc.io.messages import say_count
from lfsc.training.module import CodecModule

logger = logging.getLogger(__name__)

# Updates that are left out: the first ones allocate, compile and choose their algorithms.
WAIT, WARMUP = 1, 1
UPDATE, BACKWARD = "update", "backward"


class Profiler(Callback):
    """Traces `updates` updates after two others, and ends the run; `folder` then has trace.json and table.txt."""

    def __init__(self, *, folder: Path, updates: int):
        self.folder = folder
        self.updates = updates
        self.restore: list[Callable[[], None]] = []
        self.in_update = False

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        for name, owner, method in parts(module):
            self.label(name, owner, method)
        activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if torch.cuda.is_available() else [])]
        self.profiler = profile(
            activities=activities,
            schedule=schedule(wait=WAIT, warmup=WARMUP, active=self.updates, repeat=1),
            on_trace_ready=self.write if trainer.is_global_zero else None,
            # There is one cycle; without this torch warns that it forgets the others.
            acc_events=True,
        )
        self.profiler.start()
        self.traced = 0

    def label(self, name: str, owner: Any, method: str) -> None:
        """Let calls of a method appear under a name of ours."""
        original = getattr(owner, method)

        @wraps(original)
        def labelled(*arguments, **options):
            if name != UPDATE and not self.in_update:  # a validation computes the same parts
                return original(*arguments, **options)
            self.in_update = True
            # A part on a GPU takes as long as its device works; backward's work is even issued by another thread.
            synchronize()
            with record_function(name):
                result = original(*arguments, **options)
                synchronize()
            self.in_update = name != UPDATE
            return result

        setattr(owner, method, labelled)
        self.restore.append(lambda: delattr(owner, method))

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, *_) -> None:
        self.traced += 1
        self.profiler.step()
        if self.is_complete:
            self.stopping_reason_message = f"{say_count(self.updates, 'update')} traced"
            trainer.should_stop = True

    @property
    def is_complete(self) -> bool:
        return self.traced == WAIT + WARMUP + self.updates

    def write(self, profiler: profile) -> None:
        if not self.is_complete:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        profiler.export_chrome_trace(str(self.folder / "trace.json"))
        events = profiler.key_averages()
        by_time = "self_device_time_total" if torch.cuda.is_available() else "self_cpu_time_total"
        text = table(events, updates=self.updates) + "\n\n" + events.table(sort_by=by_time, row_limit=25)
        (self.folder / "table.txt").write_text(text + "\n", encoding="utf-8")

    def on_train_end(self, trainer: Trainer, module: CodecModule) -> None:
        self.profiler.stop()
        if not self.is_complete and trainer.is_global_zero:
            logger.warning(
                "there is no profile: it takes %d updates, and the run ended after %d",
                WAIT + WARMUP + self.updates,
                self.traced,
            )
        while self.restore:
            self.restore.pop()()


def synchronize() -> None:
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()


def parts(module: CodecModule) -> list[tuple[str, Any, str]]:
    """The parts of an update: what each is called, and which method of whom it is."""
    return [
        (UPDATE, module, "training_step"),
        ("codec", module, "reconstruct"),
        ("transforms", module.discriminators, "transform"),
        ("discriminators", module.discriminators, "forward"),
        ("reconstruction losses", module.reconstruction_losses, "forward"),
        ("adversarial losses", module.adversarial_losses, "forward"),
        (BACKWARD, module, "manual_backward"),
        *((f"step of the {name}", optimizer, "step") for name, optimizer in module.gan_optimizers.items()),
    ]


def table(events: Any, *, updates: int) -> str:
    """Milliseconds an update and shares of each part, as text."""
    on_host = [event for event in events if event.device_type == DeviceType.CPU]
    spent = {event.key: event.cpu_time_total / 1000 / updates for event in on_host}
    names = ["codec", "transforms", "discriminators", "reconstruction losses", "adversarial losses", BACKWARD]
    names += [key for key in spent if key.startswith("step of the ")]
    whole = spent[UPDATE]
    rows = [(name, spent[name]) for name in names if name in spent]
    rows.append(("all else", whole - sum(time for _, time in rows)))
    lines = [f"{'part of an update':<28}{'ms':>10}{'share':>8}"]
    lines += [f"{name:<28}{time:>10.1f}{time / whole:>8.1%}" for name, time in [*rows, (UPDATE, whole)]]
    return "\n".join(lines)
