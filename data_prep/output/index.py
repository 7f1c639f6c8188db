"""index.json, the table of contents of all corpora in a folder, and the blends that follow from it."""

import fcntl
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfsc.io.atomic import write_text
from lfsc.shards.checks import datasets_of, require_inside

from ..split import SPLITS
from .energon import blend

VERSION = 1
# Of one corpus, beside its languages; written when all of it is there.
CORPUS = "corpus.json"


def datasets(corpus: str, records: list[tuple[str, str, dict]]) -> list[dict]:
    """A dataset's entry for each language and split, out of (language, split, record of a shard)."""
    grouped: dict[tuple[str, str], list[dict]] = defaultdict(list)
    for language, split, record in records:
        if record["samples"]:
            grouped[language, split].append(record)
    return [
        {
            "corpus": corpus,
            "language": language,
            "split": split,
            "path": f"{corpus}/{language}",
            "shards": [
                {name: shard[name] for name in ("name", "bytes", "sha256", "samples", "seconds")} for shard in shards
            ],
            "samples": sum(shard["samples"] for shard in shards),
            "seconds": round(sum(shard["seconds"] for shard in shards), 3),
            "speakers": len({speaker for shard in shards for speaker in shard["speakers"]}),
        }
        for (language, split), shards in sorted(grouped.items())
    ]


def write_index(out: Path, sample_rate: int) -> None:
    """Gather every finished corpus in `out` into index.json, after the blends that it promises."""
    with alone(out):
        _gather(out, sample_rate)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Other processes that ask for the same folder wait: two corpora may be finished at the same time."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _gather(out: Path, sample_rate: int) -> None:
    entries = [dataset for path in sorted(out.glob(f"*/{CORPUS}")) for dataset in _listed(path)["datasets"]]
    for split in SPLITS:
        weights = {entry["path"]: entry["seconds"] for entry in entries if entry["split"] == split}
        write_text(out / f"{split}.yaml", blend(split, weights))
    index = {
        "version": VERSION,
        "sample_rate": sample_rate,
        "datasets": entries,
        "hours": {split: round(hours(entries, split), 6) for split in SPLITS},
    }
    write_text(out / "index.json", json.dumps(index, indent=1, ensure_ascii=False) + "\n")


def corpora(out: Path) -> set[str]:
    """Names of the corpora in the index; none where there is no index."""
    return {entry["corpus"] for entry in read_index(out)["datasets"]} if (out / "index.json").exists() else set()


def read_index(out: Path) -> dict:
    path = out / "index.json"
    if not path.exists():
        raise ValueError(f"{path} is not there: no corpus in {out} is finished")
    index = _listed(path)
    require_inside(
        out, [out / entry["path"] / shard["name"] for entry in index["datasets"] for shard in entry["shards"]]
    )
    return index


def _listed(path: Path) -> dict:
    """The content of a file with datasets; ValueError where they are none that data_prep wrote."""
    require_inside(path.parent, [path])
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        datasets_of(content)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error!r}): prepare the data again") from error
    return content


def hours(entries: list[dict], split: str) -> float:
    return sum(entry["seconds"] for entry in entries if entry["split"] == split) / 3600
