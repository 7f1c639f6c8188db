"""How far a command over many files is, on stderr; stdout is for results."""

import os
import sys
import time
from types import TracebackType

REDRAW_SECONDS = 0.2
LINE_SECONDS = 60.0
LONGEST_BAR = 20


class Progress:
    """A bar on a terminal, a line each minute elsewhere; `work` is counted in any unit, such as bytes."""

    def __init__(self, verb: str, *, count: int, work: float):
        self.verb, self.count, self.work = verb, count, work
        self.done = self.worked = self.audio_seconds = 0.0
        self.begun = self.drawn = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def advance(self, *, work: float, audio_seconds: float = 0.0) -> None:
        self.done += 1
        self.worked += work
        self.audio_seconds += audio_seconds
        now = time.monotonic()
        if now - self.drawn > (REDRAW_SECONDS if self.terminal else LINE_SECONDS):
            self.drawn = now
            if self.terminal:
                write(f"\r{self.line(os.get_terminal_size(sys.stderr.fileno()).columns)}\033[K", end="")
            else:
                write(self.line())

    def note(self, text: str) -> None:
        """A line that stays."""
        write(f"\r\033[K{text}" if self.terminal else text)

    def line(self, columns: int = 0) -> str:
        """How far it is, in less than so many columns, as a longer line would stay: a terminal breaks it. 0 for any."""
        share = self.worked / self.work if self.work else 1.0
        left = f", {clock(self.spent / share - self.spent)} left" if 0 < share < 1 else ""
        words = f"{self.done:.0f}/{self.count}, {clock(self.audio_seconds)} of audio, {self.speed()}{left}"
        room = columns - 1 - len(f"{self.verb}  {words}") if columns else LONGEST_BAR
        length = max(0, min(LONGEST_BAR, room))
        full = round(length * share)
        line = f"{self.verb} {'━' * full}{'╌' * (length - full)} {words}"
        return line[: columns - 1] if columns else line

    def pace(self) -> str:
        return f"{clock(self.audio_seconds)} of audio in {clock(self.spent)} ({self.speed()})"

    def speed(self) -> str:
        return f"{self.audio_seconds / self.spent:.3g} times real time"

    @property
    def spent(self) -> float:
        """Seconds since it began."""
        return max(time.monotonic() - self.begun, 1e-9)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.terminal:
            write("\r\033[K", end="")


def write(text: str, *, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}" if minutes >= 60 else f"{minutes}:{seconds:02d} min"
