"""index.json, the table of contents of all corpora in a folder, and the blends that follow from it."""

import json
from collections import defaultdict
from pathlib import Path

from lfsc.io.atomic import write_text
from lfsc.io.lock import lock_file
from lfsc.shards.checks import datasets_of, require_inside
from lfsc.shards.index import NAME, Corpus, read

from ..split import SPLITS
from .energon import render_blend

VERSION = 1
# Of one corpus, beside its languages; written when all of it is there.
CORPUS = "corpus.json"
LOCK = ".index.lock"


def make_entries(corpus: str, records: list[tuple[str, str, dict]]) -> list[dict]:
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
    # Two corpora may be finished at the same time.
    with lock_file(out / LOCK, wait=True):
        gather_datasets(out, sample_rate)


def gather_datasets(out: Path, sample_rate: int) -> None:
    entries = [dataset for path in sorted(out.glob(f"*/{CORPUS}")) for dataset in read_datasets(path)]
    seconds: dict[str, dict[str, float]] = {}
    for split in SPLITS:
        seconds[split] = {entry["path"]: entry["seconds"] for entry in entries if entry["split"] == split}
        write_text(out / f"{split}.yaml", render_blend(split, seconds[split]))
    index = {
        "version": VERSION,
        "sample_rate": sample_rate,
        "datasets": entries,
        "hours": {split: round(sum(of.values()) / 3600, 6) for split, of in seconds.items()},
    }
    write_text(out / NAME, json.dumps(index, indent=1, ensure_ascii=False) + "\n")


def read_corpus(out: Path) -> Corpus:
    """What the index of `out` says; ValueError where no corpus in it is finished."""
    if not (out / NAME).exists():
        raise ValueError(f"{out / NAME} is not there: no corpus in {out} is finished")
    found = read(out)
    if not isinstance(found, Corpus):
        raise ValueError(f"{out} holds what lfsc tokenize or detokenize wrote: use another folder")
    return found


def list_corpora(out: Path) -> set[str]:
    """Names of the corpora in the index; none where there is no index."""
    return {dataset.corpus for dataset in read_corpus(out).datasets} if (out / NAME).exists() else set()


def read_datasets(path: Path) -> list[dict]:
    """The datasets of a file that lists some; ValueError where they are none that data_prep wrote."""
    require_inside(path.parent, [path])
    try:
        return datasets_of(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error!r}): prepare the data again") from error
