"""From a reader's utterances to a finished corpus: examine, plan, write the shards, prepare them for energon, index."""

import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

from lfsc.io.atomic import write_text
from lfsc.io.json_text import read_object
from lfsc.io.lock import lock_or_refuse
from lfsc.parallel import Workers, map_tasks
from lfsc.shards.checks import require_inside
from lfsc.shards.index import CODEC_NAME

from .corpora.utterance import Rejection, Utterance
from .output.energon import EnergonTask, prepare
from .output.index import CORPUS, list_corpora, make_entries, read_corpus, write_index
from .output.shard_writer import ShardTask, write_shard
from .plan import Plan, Planner, Sizes
from .report import Report
from .rules import Rules
from .scan import Examined, ExamineTask, examine

# Recordings that a worker examines in one go.
CHUNK = 64
# Beside the languages of an unfinished corpus: its settings, its plan, and a record of each finished shard.
UNFINISHED = ".unfinished"


class Corpus(NamedTuple):
    """`utterances` reads it, given a folder for scratch, and may say sentences; `settings` decide what comes out.

    If `on_trained`, languages of one speaker validate on recordings of that speaker.
    """

    name: str
    utterances: Callable[[Path], Iterator[Utterance | Rejection | str]]
    rules: Rules
    sizes: Sizes
    val_share: float
    seed: int
    settings: dict
    on_trained: bool = False


def make(corpus: Corpus, out: Path, workers: Workers, report: Report) -> None:
    """Write `corpus` into `out`, or what an earlier run has left of it to do."""
    if (out / CODEC_NAME).exists():
        raise ValueError(f"{out} holds shards of tokens, whose index would be lost: give another folder")
    folder = out / corpus.name
    # What an earlier run left may be somebody else's, and shards would be written through links.
    require_inside(out, folder.rglob("*"))
    if is_finished(folder, corpus.settings):
        # A run may have ended between its last steps.
        if corpus.name not in list_corpora(out):
            write_index(out, corpus.rules.sample_rate)
        shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
        report.say(f"{folder} is finished, with these settings: nothing to do")
        return
    if list_corpora(out) and (rate := read_corpus(out).sample_rate) != corpus.rules.sample_rate:
        raise ValueError(f"{out} holds shards at {rate} Hz, not {corpus.rules.sample_rate} Hz: use another folder")
    with lock_or_refuse(folder / UNFINISHED / "lock", f"another run is at work on {folder}"):
        write_text(folder / UNFINISHED / "settings.json", json.dumps(corpus.settings))
        planner = Planner(folder / UNFINISHED)
        plan = planner.load() or make_plan(corpus, planner, workers, report)
        report.show_plan(plan, corpus.sizes.consumers)
        records = write_shards(corpus, plan, folder, workers, report)
        entries = prepare_energon(corpus, plan, records, out, workers, report)
        rejected = planner.rejected() + rejections_of(records)
        write_text(folder / "rejected.jsonl", "".join(rejection.to_json() + "\n" for rejection in rejected))
        content = {"settings": corpus.settings, "datasets": entries}
        write_text(folder / CORPUS, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        write_index(out, corpus.rules.sample_rate)
        shutil.rmtree(folder / UNFINISHED)
    report.show_result(out, corpus.name, records, rejected)


def is_finished(folder: Path, settings: dict) -> bool:
    """Whether the corpus is complete; raises if what is there was made with other settings."""
    # Before there is a plan, nothing was made that settings could decide.
    begun = [folder / UNFINISHED / "settings.json"] if Planner(folder / UNFINISHED).path.exists() else []
    for path in (folder / CORPUS, *begun):
        if not path.exists():
            continue
        found = read_object(path)
        found = found.get("settings", found)
        if found != settings:
            differing = sorted(name for name in settings | found if settings.get(name) != found.get(name))
            was = ", ".join(as_option(name, found.get(name)) for name in differing)
            raise ValueError(f"{folder} was made with {was}: use the same, or another --name, or remove the folder")
        return path.name == CORPUS
    return False


def as_option(name: str, value: object) -> str:
    """A setting as the command line has it."""
    option = f"--{name.replace('_', '-')}"
    if isinstance(value, list):
        return " ".join(as_option(name, item) for item in value)
    if value is None or value is False:
        return f"no {option}"
    return option if value is True else f"{option} {value}"


def make_plan(corpus: Corpus, planner: Planner, workers: Workers, report: Report) -> Plan:
    utterances = say_sentences(corpus.utterances(planner.folder / "unpacked"), report)
    chunks = iter(lambda: list(itertools.islice(utterances, CHUNK)), [])
    tasks = (ExamineTask(chunk, corpus.rules) for chunk in chunks)
    examined: Iterator[Examined | Rejection] = (
        result for results in map_tasks(workers, examine, tasks) for result in results
    )
    plan = planner.make(
        report.track_examining(examined),
        sizes=corpus.sizes,
        val_share=corpus.val_share,
        seed=corpus.seed,
        on_trained=corpus.on_trained,
    )
    if not plan.shards:
        give_up(corpus, planner.rejected(), planner.folder, report)
    return plan


def say_sentences(items: Iterator[Utterance | Rejection | str], report: Report) -> Iterator[Utterance | Rejection]:
    for item in items:
        if isinstance(item, str):
            report.say(item)
        else:
            yield item


def write_shards(corpus: Corpus, plan: Plan, folder: Path, workers: Workers, report: Report) -> list[dict]:
    """The records of all shards."""
    tasks = [ShardTask(shard, folder, folder / UNFINISHED, corpus.name, corpus.rules) for shard in plan.shards]
    records = list(report.track_writing(plan, map_tasks(workers, write_shard, tasks)))
    if not any(record["samples"] for record in records):
        give_up(corpus, rejections_of(records), folder / UNFINISHED, report)
    return records


def rejections_of(records: list[dict]) -> list[Rejection]:
    return [Rejection(**row) for record in records for row in record["rejected"]]


def give_up(corpus: Corpus, rejected: list[Rejection], unfinished: Path, report: Report) -> NoReturn:
    """ValueError for a corpus of which nothing is left; its plan is removed, so that the next run looks at all anew."""
    shutil.rmtree(unfinished)
    if not rejected:
        raise ValueError(f"{corpus.name}: its lists name no recording")
    report.show_rejections(rejected)
    raise ValueError(f"{corpus.name}: no recording can be used, for the reasons above")


def prepare_energon(
    corpus: Corpus, plan: Plan, records: list[dict], out: Path, workers: Workers, report: Report
) -> list[dict]:
    """The index's entries for the datasets, which energon has now indexed, too."""
    placed = [(shard.language, shard.split, record) for shard, record in zip(plan.shards, records, strict=True)]
    entries = make_entries(corpus.name, placed)
    shards: dict[str, dict[str, int]] = {}
    for entry in entries:
        counts = {shard["name"]: shard["samples"] for shard in entry["shards"]}
        shards.setdefault(entry["path"], {}).update(counts)
    tasks = [EnergonTask(out / path, counts, min(workers.count, len(counts))) for path, counts in shards.items()]
    for _ in report.track_preparing(len(tasks), map_tasks(workers, prepare, tasks)):
        pass
    return entries
