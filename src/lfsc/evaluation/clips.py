"""Test sets: the clips of shards, of a tree of recordings, or of a manifest, always in the order of their keys."""

import json
import tarfile
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from torch import Tensor

from lfsc.audio import files
from lfsc.audio.bandwidth import bandwidth
from lfsc.audio.manifest import MANIFESTS, manifest_rows
from lfsc.audio.resampling import resample
from lfsc.audio.suffixes import SUFFIXES
from lfsc.shards import index
from lfsc.shards.index import Conversion

# Upper edges in Hz under which a recording's spectrum ends like that of one made at 8 or 16 kHz.
BANDS = ((4300, "8 kHz"), (8600, "16 kHz"))


class Original(NamedTuple):
    audio: Tensor  # [T] at the protocol's rate
    source_rate: int
    band: str  # "full", "16 kHz" or "8 kHz": the narrowest usual rate that holds all of its spectrum


class Clip(NamedTuple):
    key: str
    path: Path
    language: str = ""
    speaker: str = ""
    corpus: str = ""
    text: str = ""
    span: tuple[int, int] | None = None  # first byte and number of bytes, in a shard

    def load(self, sample_rate: int) -> Original:
        """The clip, mono, resampled once. Raises UnreadableAudio, and ValueError where it is silent."""
        recording = files.read(self.path if self.span is None else self.content())
        if not recording.audio.any():
            raise ValueError("digital silence throughout")
        edge = bandwidth(recording.audio, sample_rate=recording.sample_rate)
        audio = resample(recording.audio, from_rate=recording.sample_rate, to_rate=sample_rate)
        return Original(audio, recording.sample_rate, band(edge))

    def content(self) -> bytes:
        start, size = self.span
        with open(self.path, "rb") as shard:
            shard.seek(start)
            return shard.read(size)


def band(edge: float) -> str:
    return next((name for limit, name in BANDS if edge <= limit), "full")


def find_clips(data: Path | str, *, split: str = "val") -> list[Clip]:
    """The clips of a corpus (its `split`), of a folder of shards, one shard, a manifest, or a tree of recordings."""
    data = Path(data)
    if not data.exists():
        raise ValueError(f"{data}: no such file or folder; --data takes shards, a folder of recordings or a manifest")
    clips = sorted(clips_at(data, split))
    if not clips:
        raise ValueError(f"{data}: found no recordings ({', '.join(SUFFIXES)}), shards or manifest entries")
    keys = [clip.key for clip in clips]
    if len(set(keys)) < len(keys):
        double = next(a for a, b in pairwise(keys) if a == b)
        raise ValueError(f"{data}: the key {double!r} occurs more than once; a report needs unique names")
    return clips


def clips_at(data: Path, split: str) -> list[Clip]:
    if data.suffix == ".tar":
        return clips_of_shard(data)
    if data.is_file():
        return clips_of_manifest(data)
    if (data / index.NAME).is_file():
        return [clip for shard in indexed_shards(data, split) for clip in clips_of_shard(shard)]
    if manifest := next((data / name for name in MANIFESTS if (data / name).is_file()), None):
        return clips_of_manifest(manifest)
    if shards := sorted(data.rglob("*.tar")):
        return [clip for shard in shards for clip in clips_of_shard(shard)]
    return clips_of_tree(data)


def indexed_shards(corpus: Path, split: str) -> list[Path]:
    found = index.read(corpus)
    if isinstance(found, Conversion):
        return [corpus / name for name in found.shards()]
    datasets = found.split(split)
    if not datasets:
        splits = sorted({dataset.split for dataset in found.datasets})
        raise ValueError(f"{corpus} has no split {split!r}, only {', '.join(splits)}; choose with --split")
    return [corpus / dataset.path / shard.name for dataset in datasets for shard in dataset.shards]


def clips_of_shard(shard: Path) -> list[Clip]:
    """The samples KEY.<audio> + KEY.json of a WebDataset tar, as places in it."""
    places, notes = {}, {}
    with tarfile.open(shard) as archive:
        for member in archive:
            key, _, suffix = member.name.rpartition(".")
            if member.isfile() and f".{suffix}" in SUFFIXES:
                places[key] = (member.offset_data, member.size)
            elif member.isfile() and suffix == "json":
                notes[key] = json.load(archive.extractfile(member))
    return [Clip(key=key, path=shard, span=span, **facts(notes.get(key, {}))) for key, span in places.items()]


def clips_of_manifest(manifest: Path) -> list[Clip]:
    """A clip for each row; paths are relative to the manifest's folder."""
    return [Clip(key=path, path=manifest.parent / path, **facts(row)) for path, row in manifest_rows(manifest)]


def clips_of_tree(folder: Path) -> list[Clip]:
    """A clip for each recording; of `<language>/<speaker>/…/<file>` the folders' names are taken over."""
    return [
        Clip(key=str(key), path=folder / key, **facts_of_folders(key.parts[:-1]))
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
        for key in [PurePosixPath(path.relative_to(folder).as_posix())]
    ]


def facts(note: dict) -> dict[str, str]:
    return {name: str(note.get(name) or "") for name in ("language", "speaker", "corpus", "text")}


def facts_of_folders(folders: tuple[str, ...]) -> dict[str, str]:
    if len(folders) >= 2:
        return {"language": folders[0], "speaker": folders[1]}
    return {"speaker": folders[0]} if folders else {}


def spread(clips: list[Clip], limit: int | None) -> list[Clip]:
    """At most `limit` clips, evenly from the whole list."""
    if limit is None or limit >= len(clips):
        return clips
    return [clips[index * len(clips) // limit] for index in range(limit)]
