"""The bar, and a line a validation."""

import time

from lightning.pytorch import Callback, Trainer
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from lfsc.training.module import CodecModule

SHOWN = {"mel": "mel", "stft": "stft", "adversarial": "adv", "features": "feat", "discriminator": "disc"}
SECONDS_BETWEEN_LINES = 60.0


class ProgressBar(Callback):
    """Updates done and left, losses, pace; to stderr. Where that is no terminal, a line a minute and a validation."""

    def __init__(self, *, max_updates: int, seconds: float = 1.0):
        self.max_updates = max_updates
        self.console = Console(stderr=True, highlight=False)
        self.seconds = seconds if self.console.is_terminal else SECONDS_BETWEEN_LINES
        self.live: Live | None = None
        self.drawn = 0.0

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        if not trainer.is_global_zero:
            return
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
        self.progress = Progress(TextColumn("{task.description}"), *columns)
        self.task = self.progress.add_task("updates", total=self.max_updates, completed=module.updates)
        self.live = Live(console=self.console, refresh_per_second=4)
        if self.console.is_terminal:
            self.live.start()
        self.drawn = time.monotonic()
        self.report(module)

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, *_) -> None:
        if self.live is None:
            return
        if time.monotonic() - self.drawn > self.seconds or trainer.should_stop:
            self.draw(module)
            self.drawn = time.monotonic()
        self.report(module)

    def draw(self, module: CodecModule) -> None:
        warmup = module.warmup
        warming_up = ("warm-up", warmup.done, warmup.updates)
        what, done, total = warming_up if warmup.under_way else ("updates", module.updates, self.max_updates)
        if self.live is not None and self.console.is_terminal:
            self.progress.update(self.task, description=what, completed=done, total=total)
            self.live.update(Group(self.progress, Text(current_text(module))))
        else:
            text = f"{what.removesuffix('s')} {done} of {total}: {current_text(module)}"
            self.console.print(text, soft_wrap=True)

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
