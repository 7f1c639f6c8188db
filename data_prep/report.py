"""What the user sees: progress in hours of audio, and tables of what came out and what did not."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from .examine import Examined
from .plan import Plan
from .utterance import Rejection


class HoursColumn(ProgressColumn):
    """Hours of audio done, left, and per second."""

    def render(self, task: Task) -> Text:
        left = f", {(task.total - task.completed) / 3600:.2f} h left" if task.total else ""
        speed = f", {task.speed / 3600:.3f} h/s" if task.speed else ""
        return Text(f"{task.completed / 3600:.2f} h{left}{speed}")


class Report:
    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()
        self.started = time.monotonic()

    def say(self, sentence: str) -> None:
        self.console.print(sentence, highlight=False, soft_wrap=True)

    def examining(self, results: Iterable[Examined | Rejection]) -> Iterator[Examined | Rejection]:
        with self._progress() as progress:
            task = progress.add_task("reading headers", total=None)
            for result in results:
                progress.advance(task, result.seconds if isinstance(result, Examined) else 0)
                yield result

    def planned(self, plan: Plan) -> None:
        for note in plan.notes:
            self.say(note)
        shards = Counter(shard.split for shard in plan.shards)
        longest = max(shard.seconds for shard in plan.shards)
        for split, count in sorted(shards.items()):
            seconds = sum(shard.seconds for shard in plan.shards if shard.split == split)
            languages = len({shard.language for shard in plan.shards if shard.split == split})
            self.say(f"{split}: {seconds / 3600:.2f} h, {languages} languages, {count} shards")
        self.say(f"the longest shard lasts {longest / 60:.1f} minutes")

    def writing(self, plan: Plan, records: Iterable[dict]) -> Iterator[dict]:
        return self._counted("writing shards", [shard.seconds for shard in plan.shards], records)

    def reading(self, seconds: list[float], found: Iterable[list[str]]) -> Iterator[list[str]]:
        return self._counted("reading shards", seconds, found)

    def _counted(self, what: str, seconds: list[float], results: Iterable) -> Iterator:
        with self._progress() as progress:
            task = progress.add_task(what, total=sum(seconds))
            for length, result in zip(seconds, results, strict=True):
                progress.advance(task, length)
                yield result

    def rejections(self, rejected: list[Rejection]) -> None:
        if not rejected:
            return
        table = Table("rejected", "recordings", "for example")
        by_reason = defaultdict(list)
        for rejection in rejected:
            by_reason[rejection.reason].append(rejection)
        for reason, group in sorted(by_reason.items(), key=lambda item: -len(item[1])):
            table.add_row(reason, str(len(group)), f"{group[0].key}: {group[0].detail}")
        self.console.print(table)

    def finished(self, out: Path, corpus: str, entries: list[dict], rejected: list[Rejection], index: dict) -> None:
        self.rejections(rejected)
        if rejected:
            self.say(f"each with its reason: {out / corpus / 'rejected.jsonl'}")
        seconds = sum(entry["seconds"] for entry in entries)
        samples = sum(entry["samples"] for entry in entries)
        took = time.monotonic() - self.started
        self.say(f"{corpus}: {samples} utterances, {seconds / 3600:.2f} h, in {took:.1f} s")
        hours = ", ".join(f"{split} {amount:.2f} h" for split, amount in index["hours"].items())
        self.say(f"{out / 'index.json'} now holds {hours}: train on it with data.path={out}")

    def _progress(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), HoursColumn(), TimeRemainingColumn())
        return Progress(*columns, console=self.console, speed_estimate_period=60)
