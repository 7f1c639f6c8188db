"""What the user sees: progress in hours of audio, and tables of what came out and what did not."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from lfsc.audio.quality import NARROW, QUIETEST
from lfsc.config.overrides import as_override
from lfsc.io.messages import as_word, one_line, printable, say_count
from lfsc.io.tables import make_console, make_table, print_table

from .corpora.utterance import Rejection, read_rejections
from .output.index import read_corpus
from .plan import Plan
from .scan import Examined
from .split import SPLITS

Result = TypeVar("Result")

# What is said of utterances that a record counts.
POOR = {
    "quiet": f"under {QUIETEST:g} dB RMS, where a codec learns little or nothing; speech is recorded at -30 to -14",
    "narrow": f"nothing above {NARROW / 1000:g} kHz, as telephone speech; data.filter.bandwidth=[{NARROW},null] leaves "
    "them out of a training",
}
# Where there is no terminal to draw a bar on, a line at least this often, in seconds.
LINE_EVERY = 60


class Hours(ProgressColumn):
    """Hours of audio done, left, and per second."""

    def render(self, task: Task) -> Text:
        return Text(amounts(task.completed, task.total, task.speed))


def amounts(done: float, total: float | None, speed: float | None) -> str:
    left = f", {max(0.0, total - done) / 3600:.2f} h left" if total else ""
    return f"{done / 3600:.2f} h done{left}" + (f", {speed / 3600:.3f} h/s" if speed else "")


class Report:
    def __init__(self, console: Console | None = None) -> None:
        self.console = console or make_console()
        self.started = time.monotonic()

    def say(self, sentence: str) -> None:
        self.console.print(printable(sentence), soft_wrap=True)

    def track_examining(self, results: Iterable[Examined | Rejection]) -> Iterator[Examined | Rejection]:
        pairs = ((result.seconds if isinstance(result, Examined) else 0.0, result) for result in results)
        return self.track_work("reading headers", None, pairs)

    def track_writing(self, plan: Plan, records: Iterable[dict]) -> Iterator[dict]:
        seconds = [shard.seconds for shard in plan.shards]
        return self.track_work("writing shards", sum(seconds), zip(seconds, records, strict=True))

    def track_reading(self, seconds: list[float], found: Iterable[list[str]]) -> Iterator[list[str]]:
        return self.track_work("reading shards", sum(seconds), zip(seconds, found, strict=True))

    def track_preparing(self, count: int, prepared: Iterable[None]) -> Iterator[None]:
        with Progress(console=self.console, transient=True) as progress:
            yield from progress.track(prepared, total=count, description="indexing for energon")

    def show_plan(self, plan: Plan, consumers: int) -> None:
        for note in plan.notes:
            self.say(note)
        for split in SPLITS:
            shards = [shard for shard in plan.shards if shard.split == split]
            if shards:
                lengths = [shard.seconds / 60 for shard in shards]
                span = " to ".join(dict.fromkeys(f"{length:.1f}" for length in (min(lengths), max(lengths))))
                languages = len({shard.language for shard in shards})
                self.say(
                    f"{split}: {sum(lengths) / 60:.2f} h in {say_count(languages, 'language')}, "
                    f"{say_count(len(shards), 'shard')} of {span} minutes"
                )
        samples = sum(shard.count for shard in plan.shards if shard.split == "train")
        if samples < consumers:
            self.say(f"too little to train with {consumers} ranks x loader workers: {say_count(samples, 'utterance')}")

    def show_rejections(self, rejected: list[Rejection]) -> None:
        if not rejected:
            return
        table = make_table("rejected", "recordings", "for example")
        groups = defaultdict(list)
        for rejection in rejected:
            groups[rejection.reason].append(rejection)
        for reason, group in sorted(groups.items(), key=lambda item: -len(item[1])):
            table.add_row(reason, str(len(group)), Text(printable(f"{group[0].key}: {group[0].detail}")))
        print_table(table, self.console)

    def show_poor(self, records: list[dict]) -> None:
        """How many utterances no codec learns to speak well from, though nothing is wrong with their files."""
        samples = say_count(sum(record["samples"] for record in records), "utterance")
        for name, words in POOR.items():
            # Records of a corpus that an older version began count none.
            if count := sum(record.get(name, 0) for record in records):
                self.say(f"{count} of {samples}: {words}")

    def show_result(self, out: Path, corpus: str, records: list[dict], rejected: list[Rejection]) -> None:
        self.show_rejections(rejected)
        if rejected:
            self.say(f"all of them, with reasons: {out / corpus / 'rejected.jsonl'}")
        self.show_poor(records)
        spoken = sum(record["seconds"] for record in records)
        samples = sum(record["samples"] for record in records)
        per_hour = sum(record["cpu_seconds"] for record in records) / spoken * 3600
        took = time.monotonic() - self.started
        self.say(f"{corpus}: {say_count(samples, 'utterance')}, {spoken / 3600:.2f} h, in {took:.1f} s")
        self.say(
            f"writing took {per_hour:.1f} core-seconds an hour of speech, {3600 / per_hour:.0f} x real time a core"
        )
        found = read_corpus(out)
        amount = ", ".join(f"{split} {found.hours(split):.2f} h" for split in SPLITS)
        self.say(f"{out} now holds {amount}: train on it with {as_word(as_override('data.path', str(out)))}")

    def show_contents(self, out: Path) -> None:
        """Tables of what is in `out`, by corpus and language, and of what was rejected."""
        datasets = read_corpus(out).datasets
        table = make_table("corpus", "language", "split", "shards", "utterances", "speakers", "hours")
        for dataset in datasets:
            counts = map(str, (len(dataset.shards), dataset.samples, dataset.speakers))
            table.add_row(dataset.corpus, dataset.language, dataset.split, *counts, f"{dataset.hours:.3f}")
        print_table(table, self.console)
        for corpus in sorted({dataset.corpus for dataset in datasets}):
            try:
                rejected = read_rejections(out / corpus / "rejected.jsonl")
            except (OSError, ValueError) as error:
                self.say(f"{corpus}: its rejected recordings cannot be read: {one_line(error)}")
                continue
            self.say(f"{corpus}: {say_count(len(rejected), 'recording')} rejected")
            self.show_rejections(rejected)

    def track_work(self, what: str, total: float | None, pairs: Iterable[tuple[float, Result]]) -> Iterator[Result]:
        """The results, each counted with its seconds of audio."""
        # The bar has what the others leave of the line.
        hours = Hours(table_column=Column(no_wrap=True))
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), hours, TimeRemainingColumn())
        started = reported = time.monotonic()
        done = 0.0
        with Progress(*columns, console=self.console, speed_estimate_period=60, expand=True) as progress:
            task = progress.add_task(what, total=total)
            for seconds, result in pairs:
                done += seconds
                progress.update(task, completed=done)
                now = time.monotonic()
                if not self.console.is_terminal and now - reported > LINE_EVERY:
                    reported = now
                    self.say(f"{what}: {amounts(done, total, done / (now - started))}")
                yield result
