"""megatron-energon's metadata for a folder of shards."""

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import yaml

from lfsc.io.atomic import write_text

from ..split import SPLITS

METADATA = ".nv-meta"
# Samples go to the task encoder as they are in the shard: it decodes the crop that it wants.
SAMPLE_TYPE = {"__module__": "megatron.energon", "__class__": "CrudeWebdataset"}


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
    write_text(task.folder / METADATA / "dataset.yaml", yaml.safe_dump(SAMPLE_TYPE, sort_keys=False))


def blend(split: str, weights: dict[str, float]) -> str:
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
