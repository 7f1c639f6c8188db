"""index.json: what a folder says its shards hold, whoever wrote it."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from lfsc.io import safe_yaml
from lfsc.shards.checks import (
    ENERGON_TYPE,
    LEAST_CLIP_BYTES,
    PLACE,
    datasets_of,
    require_count,
    require_crude,
    require_duration,
    require_inside,
    require_name,
)

NAME = "index.json"
# Beside it, or beside exported graphs: of which codec they are.
CODEC_NAME = "codec.json"


class Shard(NamedTuple):
    name: str
    bytes: int
    samples: int
    seconds: float  # of audio
    sha256: str = ""
    split: str = ""  # where it is known


class Dataset(NamedTuple):
    """The clips of one corpus, language and split; `path` is relative to the corpora's folder."""

    corpus: str
    language: str
    split: str
    path: str
    shards: list[Shard]
    seconds: float  # of audio in all its shards, also where some are missing
    speakers: int = 0

    @property
    def samples(self) -> int:
        return sum(shard.samples for shard in self.shards)

    @property
    def hours(self) -> float:
        return sum(shard.seconds for shard in self.shards) / 3600


class Corpus(NamedTuple):
    """Speech that data_prep wrote; `index_hash` is the sha256 of the index."""

    path: str
    sample_rate: int
    datasets: list[Dataset]
    index_hash: str

    def split(self, name: str) -> list[Dataset]:
        return [dataset for dataset in self.datasets if dataset.split == name]

    def hours(self, split: str) -> float:
        return sum(dataset.hours for dataset in self.split(split))

    def shards(self) -> dict[str, Shard]:
        """All shards by their place in the folder."""
        return {
            f"{dataset.path}/{shard.name}": shard._replace(split=dataset.split)
            for dataset in self.datasets
            for shard in dataset.shards
        }


class Conversion(NamedTuple):
    """Tokens that lfsc tokenize wrote, or speech that detokenize did."""

    path: str
    codec: str  # its fingerprint
    sample_rate: int
    hop_length: int
    num_codebooks: int
    codebook_size: int
    samples: int
    failed: int
    frames: int
    all_shards: list[Shard]

    @property
    def hours(self) -> float:
        return sum(shard.seconds for shard in self.all_shards) / 3600

    def shards(self) -> dict[str, Shard]:
        """All shards by their place in the folder."""
        return {shard.name: shard for shard in self.all_shards}


def read(folder: PathLike | str) -> Corpus | Conversion:
    """What the index of a local folder says; OSError where there is none, ValueError where it is damaged."""
    path = Path(folder) / NAME
    require_inside(folder, [path])
    index = parse(path.read_bytes(), path=str(folder))
    require_inside(folder, [Path(folder) / place for place in index.shards()])
    if isinstance(index, Corpus):
        for path in dict.fromkeys(Path(folder) / dataset.path / ENERGON_TYPE for dataset in index.datasets):
            if path.exists():
                require_inside(folder, [path])
                require_crude(safe_yaml.text_of(path), str(path))
    return index


def parse(content: bytes, *, path: str) -> Corpus | Conversion:
    """What the index of the folder `path` says; ValueError where it is damaged."""
    try:
        index = json.loads(content)
        return parse_corpus(index, content, path) if "datasets" in index else parse_conversion(index, path)
    except KeyError as error:
        # MosaicML's streaming and litdata have an index of this name, too.
        raise ValueError(
            f"{path}/{NAME} is damaged, or none of lfsc's (it has no {error}): make shards by data_prep"
        ) from error
    except (ValueError, ArithmeticError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}/{NAME} is damaged ({error!r}): make the shards again") from error


def parse_corpus(index: dict, content: bytes, path: str) -> Corpus:
    datasets = [
        Dataset(
            entry["corpus"],
            entry["language"],
            entry["split"],
            entry["path"],
            [parse_shard(shard, seconds=shard["seconds"]) for shard in entry["shards"]],
            require_duration(entry["seconds"]),
            require_count(entry.get("speakers", 0)),
        )
        for entry in datasets_of(index)
    ]
    require_each_once(f"{dataset.path}/{shard.name}" for dataset in datasets for shard in dataset.shards)
    return Corpus(path, require_count(index["sample_rate"], least=1), datasets, hashlib.sha256(content).hexdigest())


def require_each_once(places: Iterable[str]) -> None:
    """ValueError where a shard is listed twice, as in lists that were joined by hand: it would train twice as much."""
    for place, count in Counter(places).most_common(1):
        if count > 1:
            raise ValueError(f"it lists {place} {count} times")


def parse_conversion(index: dict, path: str) -> Conversion:
    shape = ("sample_rate", "hop_length", "num_codebooks", "codebook_size")
    counts = {name: require_count(index[name], least=1) for name in shape}
    counts |= {name: require_count(index[name]) for name in ("samples", "failed", "frames")}
    # Among what is said of a converted shard, `seconds` is the time that it took.
    shards = [parse_shard(shard, seconds=shard["audio_seconds"]) for shard in index["shards"]]
    for shard in shards:
        require_name(shard.name, PLACE, "a shard in the folder, such as en/train-00000.tar")
    require_each_once(shard.name for shard in shards)
    return Conversion(path, str(index["codec"]), **counts, all_shards=shards)


def parse_shard(shard: dict, *, seconds: float) -> Shard:
    sizes = require_count(shard["bytes"]), require_count(shard["samples"]), require_duration(seconds)
    found = Shard(shard["name"], *sizes, *(str(shard.get(name, "")) for name in ("sha256", "split")))
    if found.samples * LEAST_CLIP_BYTES > found.bytes:
        raise ValueError(f"{found.name} has {found.samples} clips in {found.bytes} bytes")
    return found
