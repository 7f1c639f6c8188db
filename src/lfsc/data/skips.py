"""Clips that could not be used: a warning now and then, and too many of them end the run."""

import logging
import time
from collections import Counter, deque
from collections.abc import Iterable

from lfsc.data.batch import Skip, UnusableData
from lfsc.io.messages import say_count

logger = logging.getLogger(__name__)

WINDOW = 1000


class SkipWatch:
    """Raises UnusableData once over `max_share` of the last thousand clips were skipped; each worker has its own."""

    def __init__(self, *, max_share: float):
        self.max_share = max_share
        self.recent: deque[str | None] = deque(maxlen=WINDOW)
        self.unreported: list[Skip] = []

    def note_used(self) -> None:
        self.recent.append(None)

    def note_skip(self, skip: Skip, *, counts: bool = True) -> None:
        """A clip was skipped; one that only this time could not be used `counts` not."""
        self.unreported.append(skip)
        self.recent.append(skip.reason if counts else None)
        reasons = Counter(reason for reason in self.recent if reason is not None)
        # Against the whole window from the first clip on, or a few bad clips at the start would end every run.
        if reasons.total() > self.max_share * WINDOW:
            raise UnusableData(
                f"{reasons.total()} of the last {len(self.recent)} clips cannot be used ({describe(reasons)}; "
                f"the last was {skip.key}), over max_skipped_fraction={self.max_share} of {WINDOW}: "
                f"verify the data or raise the share"
            )

    def report(self) -> list[Skip]:
        """What was skipped since the last report."""
        skips, self.unreported = self.unreported, []
        return skips


class SkipLog:
    """Warns of skipped clips, at most one line in `interval` seconds."""

    def __init__(self, *, interval: float = 60.0):
        self.interval = interval
        self.reasons: Counter[str] = Counter()
        self.last = ""
        self.next_line = 0.0

    def add(self, skips: Iterable[Skip]) -> None:
        for skip in skips:
            self.reasons[skip.reason] += 1
            self.last = skip.key
        if self.reasons and time.monotonic() >= self.next_line:
            counts = describe(self.reasons)
            number = say_count(self.reasons.total(), "clip")
            logger.warning("skipped %s: %s; the last was %s", number, counts, self.last)
            self.reasons.clear()
            self.next_line = time.monotonic() + self.interval


def describe(reasons: Counter[str]) -> str:
    listed = reasons.most_common(3)
    rest = reasons.total() - sum(count for _, count in listed)
    return ", ".join(f"{count} {reason}" for reason, count in listed) + (f", {rest} for other reasons" if rest else "")
