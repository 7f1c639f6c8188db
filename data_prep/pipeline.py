"""From a reader's utterances to a finished corpus: examine, plan, write the shards, prepare them for energon, index."""

import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from lfsc.atomic import write_text

from .energon import EnergonTask, prepare
from .examine import Examined, ExamineTask, examine
from .index import CORPUS, datasets, write_index
from .mapping import Workers, mapped
from .plan import Plan, Planner, Sizes
from .report import Report
from .rules import Rules
from .shards import ShardTask, write_shard
from .utterance import Rejection, Utterance

# Headers read by a worker in one go.
CHUNK = 64
# Beside the languages of an unfinished corpus: its settings, its plan, and a record of each finished shard.
UNFINISHED = ".unfinished"


class Corpus(NamedTuple):
    """`settings` is everything that decides what comes out, and must be the same for a run to be continued."""

    name: str
    utterances: Callable[[], Iterator[Utterance]]
    rules: Rules
    sizes: Sizes
    val_share: float
    seed: int
    settings: dict


def make(corpus: Corpus, out: Path, workers: Workers, report: Report) -> None:
    """Write `corpus` into `out`, or what an earlier run left of it to do."""
    folder = out / corpus.name
    if finished(folder, corpus.settings):
        report.say(f"{folder} is finished, with these settings: nothing to do")
        return
    planner = Planner(folder / UNFINISHED)
    write_text(planner.folder / "settings.json", json.dumps(corpus.settings))
    plan = planner.load() or planner.make(
        report.examining(_examined(corpus, workers)), sizes=corpus.sizes, val_share=corpus.val_share, seed=corpus.seed
    )
    if not plan.shards:
        report.rejections(list(planner.rejected()))
        raise ValueError(f"no recording in {corpus.settings['source']} can be used; the table above says why")
    report.planned(plan)
    records = _write_shards(corpus, plan, folder, workers, report)
    entries = _prepare_datasets(corpus, plan, records, out, workers)
    rejected = list(planner.rejected()) + [Rejection(**row) for record in records for row in record["rejected"]]
    _finish(corpus, folder, entries, rejected)
    index = write_index(out, corpus.rules.sample_rate)
    report.finished(out, corpus.name, entries, rejected, index)


def finished(folder: Path, settings: dict) -> bool:
    """Whether the corpus is complete; raises if what is there was made with other settings."""
    for path in (folder / CORPUS, folder / UNFINISHED / "settings.json"):
        if not path.exists():
            continue
        found = json.loads(path.read_text(encoding="utf-8"))
        found = found.get("settings", found)
        if found != settings:
            differing = sorted(name for name in settings | found if settings.get(name) != found.get(name))
            was = ", ".join(f"{name}={found.get(name)}" for name in differing)
            raise ValueError(f"{folder} was made with {was}: use these, another --name, or remove the folder")
        return path.name == CORPUS
    return False


def _examined(corpus: Corpus, workers: Workers) -> Iterator[Examined | Rejection]:
    utterances = corpus.utterances()
    chunks = iter(lambda: list(itertools.islice(utterances, CHUNK)), [])
    tasks = (ExamineTask(chunk, corpus.rules) for chunk in chunks)
    for results in mapped(workers, examine, tasks):
        yield from results


def _write_shards(corpus: Corpus, plan: Plan, folder: Path, workers: Workers, report: Report) -> list[dict]:
    tasks = [ShardTask(shard, folder, folder / UNFINISHED, corpus.name, corpus.rules) for shard in plan.shards]
    return list(report.writing(plan, mapped(workers, write_shard, tasks)))


def _prepare_datasets(corpus: Corpus, plan: Plan, records: list[dict], out: Path, workers: Workers) -> list[dict]:
    placed = [(shard.language, shard.split, record) for shard, record in zip(plan.shards, records, strict=True)]
    entries = datasets(corpus.name, placed)
    shards: dict[str, dict[str, int]] = {}
    for entry in entries:
        counts = {shard["name"]: shard["samples"] for shard in entry["shards"]}
        shards.setdefault(entry["path"], {}).update(counts)
    tasks = [EnergonTask(out / path, counts, min(workers.count, len(counts))) for path, counts in shards.items()]
    for _ in mapped(workers, prepare, tasks):
        pass
    return entries


def _finish(corpus: Corpus, folder: Path, entries: list[dict], rejected: list[Rejection]) -> None:
    write_text(folder / "rejected.jsonl", "".join(rejection.to_json() + "\n" for rejection in rejected))
    content = {"settings": corpus.settings, "datasets": entries}
    write_text(folder / CORPUS, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    shutil.rmtree(folder / UNFINISHED)
