"""The progress bar, and a line for each validation."""

import time
from collections import deque

from lightning.pytorch import Callback, Trainer
from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from lfsc.io.tables import make_console
from lfsc.training.module import CodecModule

SHOWN = {"mel": "mel", "stft": "stft", "adversarial": "adv", "features": "feat", "discriminator": "disc"}
SECONDS_BETWEEN_DRAWS, SECONDS_BETWEEN_LINES = 1.0, 60.0
# The pace is that of so many draws: a minute at a terminal, an hour elsewhere.
SAMPLES = 60


class ProgressBar(Callback):
    """Updates done and left, losses, pace; to stderr. Where that is no terminal, a line each minute and validation."""

    def __init__(self, *, max_updates: int):
        self.max_updates = max_updates
        self.console = make_console(stderr=True)
        self.seconds = SECONDS_BETWEEN_DRAWS if self.console.is_terminal else SECONDS_BETWEEN_LINES
        self.live: Live | None = None
        self.drawn = 0.0
        self.phase = ""
        self.passed: deque[tuple[float, int]] = deque(maxlen=SAMPLES)

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        if not trainer.is_global_zero:
            return
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[left]}"))
        self.progress = Progress(TextColumn("{task.description}"), *columns)
        self.task = self.progress.add_task("updates", total=self.max_updates, completed=module.updates, left="")
        self.live = Live(console=self.console, refresh_per_second=4)
        if self.console.is_terminal:
            self.live.start()
        self.drawn = time.monotonic()
        self.note_pace(module)
        self.report(module)

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, *_) -> None:
        if self.live is None:
            return
        if time.monotonic() - self.drawn > self.seconds or trainer.should_stop:
            self.draw(module, self.live)
            self.drawn = time.monotonic()
        self.report(module)

    def draw(self, module: CodecModule, live: Live) -> None:
        what, done, total = stage(module, self.max_updates)
        self.note_pace(module)
        left = self.time_left(total)
        if self.console.is_terminal:
            self.progress.update(self.task, description=what, completed=done, total=total, left=left)
            live.update(Group(self.progress, Text(current_text(module))))
        else:
            place = f"{what.removesuffix('s')} {done} of {total}" + (f", {left}" if left else "")
            text = f"{place}: {current_text(module)}"
            self.console.print(text, soft_wrap=True)

    def note_pace(self, module: CodecModule) -> None:
        """What is done by now; a warm-up, and updates without discriminators, have a pace of their own."""
        what, done, _ = stage(module, self.max_updates)
        phase = what if module.discriminators_started else f"{what} without discriminators"
        if self.phase != phase:
            self.phase = phase
            self.passed.clear()
        self.passed.append((time.monotonic(), done))

    def time_left(self, total: int) -> str:
        """The time left by the pace of the last lines, with validations and checkpoints; empty until there is one."""
        (since, before), (now, done) = self.passed[0], self.passed[-1]
        return f"{duration((total - done) * (now - since) / (done - before))} left" if done > before else ""

    def report(self, module: CodecModule) -> None:
        """A line for a validation that just happened."""
        if module.validated_at != module.updates or module.warmup.under_way:
            return
        values = module.validation
        self.console.print(
            f"update {module.updates}: validation mel {values['val/mel']:.4f}, STFT {values['val/stft']:.4f}, "
            f"SI-SDR {values['val/si_sdr']:.2f} dB, codebooks {values['val/codebook_usage']:.0%} used, "
            f"{values['val/codebook_entropy']:.2f} bits a token",
            soft_wrap=True,
        )

    def on_train_end(self, trainer: Trainer, module: CodecModule) -> None:
        self.stop()

    def on_exception(self, trainer: Trainer, module: CodecModule, exception: BaseException) -> None:
        self.stop()

    def stop(self) -> None:
        if self.live is not None:
            self.live.stop()
            self.live = None


def stage(module: CodecModule, max_updates: int) -> tuple[str, int, int]:
    """What is counted now, how many are done, and of how many."""
    warmup = module.warmup
    if warmup.under_way:
        return "warm-up", warmup.done, warmup.updates
    return "updates", module.updates, max_updates


def duration(seconds: float) -> str:
    """A time to wait, in two units at most."""
    minutes, hours, days = round(seconds / 60), round(seconds / 3600), round(seconds / 86400)
    if days >= 3:
        return f"{days} days"
    if hours >= 10:
        return f"{hours} h"
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min" if minutes >= 2 else f"{round(seconds)} s"


def current_text(module: CodecModule) -> str:
    """Losses of the last update and the pace, in one line."""
    parts = [f"{short} {module.scalars[name].item():.3f}" for name, short in SHOWN.items() if name in module.scalars]
    pace = module.measured
    if "throughput/updates_per_second" in pace:
        parts += [
            f"{pace['throughput/updates_per_second']:.2f} updates/s",
            f"{pace['throughput/audio_seconds_per_second']:.1f} s audio/s",
            f"{pace['throughput/waiting_for_data']:.0%} waiting",
            f"{pace['throughput/peak_memory_gb']:.1f} GB",
        ]
    return "  ".join(parts)
