"""Which utterance goes into which shard, decided once and kept on disk so that a killed run continues."""

import json
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy

from lfsc.io.atomic import replacing, write_text
from lfsc.io.json_text import read_object
from lfsc.shards.checks import SHARD, WORD, require_name

from .catalogue import Catalogue
from .corpora.utterance import File, Rejection, Utterance, read_rejections
from .scan import Examined, fingerprint


class PlannedShard(NamedTuple):
    """`count` utterances from place `first` of the order; as yet `seconds` long."""

    language: str
    split: str
    name: str
    first: int
    count: int  # type: ignore[assignment]  # not the tuple's method
    seconds: float


class Sizes(NamedTuple):
    """Shards of `shard_hours`, or shorter where that gives each of `consumers` (ranks x loader workers) its own."""

    shard_hours: float
    consumers: int

    def num_shards(self, seconds: float, samples: int) -> int:
        """At least one, and at most one per sample."""
        full = math.ceil(seconds / 3600 / self.shard_hours)
        # Under ten minutes a shard is not worth a file: energon then divides one among workers by samples.
        worthwhile = int(seconds // 600)
        return max(1, min(max(full, min(self.consumers, worthwhile)), samples))


class Plan(NamedTuple):
    """What a corpus becomes, and what the user should be told about it."""

    shards: list[PlannedShard]
    notes: list[str]


class Planner:
    """Keeps in `folder` the utterances (utterances.jsonl), their order by shards (order.npy), and at last plan.json."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "plan.json"

    def load(self) -> Plan | None:
        if not self.path.exists():
            return None
        content = read_object(self.path, "shards", "notes")
        shards = [PlannedShard(*shard) for shard in content["shards"]]
        for shard in shards:
            require_name(shard.language, WORD, f"a language in {self.path}")
            require_name(shard.name, SHARD, f"a shard in {self.path}")
        return Plan(shards, content["notes"])

    def make(
        self,
        examined: Iterable[Examined | Rejection],
        *,
        sizes: Sizes,
        val_share: float,
        seed: int,
        on_trained: bool = False,
    ) -> Plan:
        """Go through the corpus once, then deal its utterances out to shards at random.

        `val_share` and `on_trained` are as in Catalogue.divide.
        """
        catalogue = Catalogue()
        with self.open_new("utterances.jsonl") as kept, self.open_new("rejected.jsonl") as rejected:
            for result in examined:
                if isinstance(result, Examined):
                    catalogue.add(result, kept.tell())
                    kept.write(result.utterance.to_json().encode() + b"\n")
                else:
                    rejected.write(result.to_json().encode() + b"\n")
            kept.flush()
            notes = catalogue.settle_splits()
            for rejection in self.leave_out(catalogue, Path(kept.name)):
                rejected.write(rejection.to_json().encode() + b"\n")
        notes += catalogue.divide(val_share=val_share, seed=seed, on_trained=on_trained)
        shards, order = deal_into_shards(catalogue, sizes, seed)
        with self.open_new("order.npy") as file:
            numpy.save(file, order)
        write_text(self.path, json.dumps({"notes": notes, "shards": shards}))
        return Plan(shards, notes)

    def utterances(self, shard: PlannedShard) -> Iterator[Utterance]:
        order = numpy.load(self.folder / "order.npy", mmap_mode="r")
        return read_utterances(self.folder / "utterances.jsonl", order[shard.first : shard.first + shard.count])

    def rejected(self) -> list[Rejection]:
        return read_rejections(self.folder / "rejected.jsonl")

    def leave_out(self, catalogue: Catalogue, lines: Path) -> Iterator[Rejection]:
        """Takes out of the catalogue what must not be in the corpus twice, or on both sides."""

        def reject(rows: list[int], reason: str, detail: str) -> Iterator[Rejection]:
            for utterance in read_utterances(lines, [catalogue.places[row] for row in rows]):
                yield utterance.reject(reason, detail)

        yield from reject(catalogue.leave_out_repeated(catalogue.keys), "duplicate", "another recording has this key")
        tell_apart(catalogue, lines)
        repeated = catalogue.leave_out_repeated(catalogue.fingerprints)
        yield from reject(repeated, "duplicate", "the same recording came before")
        crossing = catalogue.leave_out_crossing()
        yield from reject(crossing, "speaker", "the corpus has the speaker in validation, too")

    @contextmanager
    def open_new(self, name: str) -> Iterator[BinaryIO]:
        with replacing(self.folder / name) as temporary, temporary.open("wb") as file:
            yield file


def tell_apart(catalogue: Catalogue, lines: Path) -> None:
    """Recordings that agree in some samples of their bytes get a fingerprint of all of them."""
    alike = catalogue.sharing(catalogue.fingerprints)
    for row, utterance in zip(alike, read_utterances(lines, [catalogue.places[row] for row in alike]), strict=True):
        # What cannot be read any more is missed when its shard is written.
        with suppress(OSError):
            if isinstance(utterance.source, File):
                catalogue.fingerprints[row] = fingerprint(utterance.source, whole=True)


def read_utterances(path: Path, places: Iterable[int]) -> Iterator[Utterance]:
    with path.open("rb") as lines:
        for place in places:
            lines.seek(int(place))
            yield Utterance.from_json(lines.readline().decode())


def deal_into_shards(catalogue: Catalogue, sizes: Sizes, seed: int) -> tuple[list[PlannedShard], numpy.ndarray]:
    """The shards, and in their order where each utterance's line begins."""
    shards, order = [], [numpy.zeros(0, dtype=numpy.int64)]
    seconds, places = numpy.asarray(catalogue.seconds), numpy.asarray(catalogue.places)
    first = 0
    for number, (language, split, rows) in enumerate(catalogue.groups()):
        rows = numpy.random.default_rng([seed, number]).permutation(rows)
        count = sizes.num_shards(float(seconds[rows].sum()), len(rows))
        for index, part in enumerate(numpy.array_split(rows, count)):
            total = float(seconds[part].sum())
            shards.append(PlannedShard(language, split, f"{split}-{index:05d}.tar", first, len(part), total))
            order.append(places[part])
            first += len(part)
    return shards, numpy.concatenate(order)
