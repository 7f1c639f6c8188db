"""megatron-energon's metadata for a folder of shards."""

import contextlib
import io
import json
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import yaml

from lfsc.io import safe_yaml
from lfsc.io.atomic import write_text
from lfsc.shards.checks import CRUDE

from ..split import SPLITS

METADATA = ".nv-meta"
# Samples go to the task encoder as they are in the shard: it decodes the crop that it wants.
SAMPLE_TYPE = yaml.safe_dump(CRUDE, sort_keys=False)
WRITTEN = {"dataset.yaml", "split.yaml", ".info.json", "index.sqlite", "index.uuid"}
# Of a split; energon writes train-{00000..00004}.tar for five.
SHARDS = re.compile(r"[A-Za-z0-9_-]+(\{\d+\.\.\d+\})?\.tar")


class EnergonTask(NamedTuple):
    """`shards` maps the names of a dataset's shards to their numbers of samples."""

    folder: Path
    shards: dict[str, int]
    workers: int


def prepare(task: EnergonTask) -> None:
    """Write `.nv-meta` (an index of the samples, the splits, the sample type) beside the shards."""
    from megatron.energon.flavors.webdataset.prepare import WebdatasetPreparator

    shutil.rmtree(task.folder / METADATA, ignore_errors=True)
    with contextlib.redirect_stdout(io.StringIO()):
        WebdatasetPreparator.prepare_dataset(
            task.folder,
            sorted(task.shards),
            split_parts_patterns=[(split, f"{split}-.*") for split in SPLITS],
            workers=task.workers,
        )
    # energon logs a shard that it cannot read and goes on without its samples.
    counted = json.loads((task.folder / METADATA / ".info.json").read_text())["shard_counts"]
    if counted != task.shards:
        wrong = next(name for name in task.shards if counted.get(name) != task.shards[name])
        raise ValueError(
            f"{task.folder / wrong}: {counted.get(wrong)} samples found, {task.shards[wrong]} were written"
        )
    write_text(task.folder / METADATA / "dataset.yaml", SAMPLE_TYPE)


def find_foreign(folder: Path) -> list[str]:
    """A sentence for each of energon's files that `prepare` does not write so; its dataset.yaml is read with the index.

    lfsc opens none of them, but energon would follow what they name for anyone who opens the folder with it.
    """
    metadata, found = folder / METADATA, []
    if unknown := sorted({path.name for path in metadata.glob("*")} - WRITTEN):
        found.append(f"{metadata / unknown[0]} is none of energon's files that data_prep writes")
    try:
        split = safe_yaml.parse(read_to_parse(metadata / "split.yaml"), "split.yaml")
        names = [name for part in split["split_parts"].values() for name in part]
        if split.get("exclude") or not all(SHARDS.fullmatch(name) for name in names):
            found.append(f"{metadata / 'split.yaml'} names other than shards of its folder")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        found.append(f"{metadata / 'split.yaml'} is damaged ({error!r})")
    return found


def read_to_parse(path: Path) -> bytes:
    """The beginning of a file; nothing where it is none."""
    return safe_yaml.text_of(path) if path.is_file() else b""


def render_blend(split: str, weights: dict[str, float]) -> str:
    """The YAML of a metadataset over dataset folders: a blend for training, each sample once for validation."""
    if split == "train":
        parts = {"blend": [{"weight": weight, "path": path} for path, weight in weights.items()]}
    else:
        parts = {"blend_epochized": [{"repetitions": 1, "path": path} for path in weights]}
    content = {
        "__module__": "megatron.energon",
        "__class__": "MetadatasetV2",
        "splits": {split: parts},
    }
    return yaml.safe_dump(content, sort_keys=False)
