"""index.json of a prepared corpus, which may come from anybody: it may name nothing that lies outside its folder."""

import os
import re
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import Any

from lfsc.config.values import require_section
from lfsc.io import safe_yaml
from lfsc.nn.arguments import brief

# The only names that data_prep gives: without dots, slashes and colons none is a way out, or a place in a network.
WORD = re.compile(r"[A-Za-z0-9_-]+")
FOLDER = re.compile(rf"{WORD.pattern}(/{WORD.pattern})*")
SHARD = re.compile(rf"{WORD.pattern}\.tar")
# The place of a converted shard, which has the name that somebody gave it.
PLACE = re.compile(r"[^\0]+\.tar", re.DOTALL)
# Where megatron-energon looks for what a dataset is, in its folder, and the one thing that data_prep writes there.
ENERGON_TYPE = ".nv-meta/dataset.yaml"
CRUDE = {"__module__": "megatron.energon", "__class__": "CrudeWebdataset"}
# A clip is two files, each with a header.
LEAST_CLIP_BYTES = 2 * 512


def datasets_of(index: Any) -> list[dict]:
    """The entries of an index's datasets; ValueError for a name, or a count, that data_prep cannot have written."""
    datasets = require_section(index, "the index")["datasets"]
    for dataset in datasets:
        require_name(dataset["path"], FOLDER, "a folder of words joined by /, such as mls/de")
        for name in ("corpus", "language", "split"):
            require_name(dataset.get(name, name), WORD, "a word of letters, digits, - and _")
        for shard in dataset["shards"]:
            require_name(shard["name"], SHARD, "a shard such as train-00000.tar")
    return datasets


def require_name(name: Any, form: re.Pattern, expected: str) -> None:
    if not (isinstance(name, str) and form.fullmatch(name)):
        raise ValueError(f"it names {brief(name)}, expected {expected}")


def require_count(value: Any, *, least: int = 0) -> int:
    """A number of samples or bytes."""
    if type(value) is not int or value < least:
        raise ValueError(f"it counts {brief(value)}, expected a whole number from {least} on")
    return value


def require_duration(value: Any) -> float:
    """A duration in seconds."""
    if type(value) not in (int, float) or not isfinite(value) or value < 0:
        raise ValueError(f"it has {brief(value)} seconds, expected a number from 0 on")
    return float(value)


def require_crude(content: bytes, name: str) -> None:
    """ValueError where a dataset tells energon to build anything but its clips as they are.

    lfsc asks energon for nothing else, and would run nothing of it; whoever opens the folder with energon would.
    """
    if safe_yaml.parse(content, name) != CRUDE:
        raise ValueError(
            f"{name} is not as data_prep writes it, and could make energon run code: remove it if you trust the corpus"
        )


def require_inside(folder: os.PathLike | str, files: Iterable[Path | str]) -> None:
    """ValueError for a file that is a link out of `folder`, or neither a file nor a folder; it need not exist."""
    root = os.path.realpath(folder)
    for file in files:
        target = os.path.realpath(file)
        if target != root and not target.startswith(root.rstrip("/") + "/"):
            raise ValueError(f"{file} leads out of {folder}, to {target}: put a copy of what you trust in its place")
        if os.path.exists(target) and not (os.path.isfile(target) or os.path.isdir(target)):
            raise ValueError(f"{file} is neither a file nor a folder: remove it")
