"""Test sets: the clips of shards, of a folder of recordings, or of a manifest, always in the order of their keys."""

import json
import tarfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from torch import Tensor

from lfsc.audio import files
from lfsc.audio.bandwidth import bandwidth as measure_bandwidth
from lfsc.audio.manifest import MANIFESTS, manifest_rows
from lfsc.audio.resampling import resample
from lfsc.audio.suffixes import SUFFIXES
from lfsc.config.values import section
from lfsc.shards import index
from lfsc.shards.index import Conversion

# Upper edges in Hz under which a recording's spectrum ends like that of one made at 8 or 16 kHz.
BANDS = ((4300, "8 kHz"), (8600, "16 kHz"))


class Original(NamedTuple):
    audio: Tensor  # [T] at the protocol's rate
    source_rate: int
    bandwidth: str  # "full", "16 kHz" or "8 kHz": the narrowest usual rate that holds all of its spectrum


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
        recording = files.read(self.path if self.span is None else read_span(self.path, *self.span))
        if not recording.audio.any():
            raise ValueError("digital silence throughout")
        edge = measure_bandwidth(recording.audio, sample_rate=recording.sample_rate)
        audio = resample(recording.audio, from_rate=recording.sample_rate, to_rate=sample_rate)
        return Original(audio, recording.sample_rate, bandwidth_label(edge))


def read_span(path: Path, start: int, size: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(start)
        return file.read(size)


def bandwidth_label(edge: float) -> str:
    return next((name for limit, name in BANDS if edge <= limit), "full")


def find_clips(data: Path | str, *, split: str = "val") -> list[Clip]:
    """The clips of a corpus (its `split`), of a folder of shards, one shard, a manifest, or a folder of recordings."""
    data = Path(data)
    if not data.exists():
        raise ValueError(f"{data}: no such file or folder; --data takes shards, a folder of recordings or a manifest")
    clips = sorted(list_clips(data, split))
    if not clips:
        raise ValueError(f"{data}: found no recordings ({', '.join(SUFFIXES)}), shards or manifest entries")
    keys = [clip.key for clip in clips]
    if len(set(keys)) < len(keys):
        duplicate = next(a for a, b in pairwise(keys) if a == b)
        raise ValueError(f"{data}: the key {duplicate!r} occurs more than once; a report needs unique names")
    return clips


def list_clips(data: Path, split: str) -> list[Clip]:
    if data.suffix == ".tar":
        return read_shard(data)
    if data.is_file():
        return read_manifest(data)
    if (data / index.NAME).is_file():
        return [clip for shard in list_shards(data, split) for clip in read_shard(shard)]
    if manifest := next((data / name for name in MANIFESTS if (data / name).is_file()), None):
        return read_manifest(manifest)
    if shards := sorted(data.rglob("*.tar")):
        return [clip for shard in shards for clip in read_shard(shard)]
    return scan_folder(data)


def list_shards(corpus: Path, split: str) -> list[Path]:
    found = index.read(corpus)
    if isinstance(found, Conversion):
        return [corpus / name for name in found.shards()]
    datasets = found.split(split)
    if not datasets:
        splits = sorted({dataset.split for dataset in found.datasets})
        raise ValueError(f"{corpus} has no split {split!r}, only {', '.join(splits)}; choose with --split")
    return [corpus / dataset.path / shard.name for dataset in datasets for shard in dataset.shards]


def read_shard(shard: Path) -> list[Clip]:
    """The samples KEY.<audio> + KEY.json of a WebDataset tar, as byte ranges of it; ValueError where it is damaged."""
    spans: dict[str, tuple[int, int]] = {}
    notes: dict[str, Mapping] = {}
    try:
        with tarfile.open(shard, "r:") as archive:
            # A sparse file has less bytes than it claims.
            for member in (member for member in archive if member.isfile() and not member.issparse()):
                key, _, suffix = member.name.rpartition(".")
                if f".{suffix}" in SUFFIXES:
                    spans[key] = (member.offset_data, member.size)
                elif suffix == "json":
                    content = archive.extractfile(member)
                    assert content is not None  # of a file
                    notes[key] = section(json.load(content), f"the json of {key}")
    except (tarfile.TarError, EOFError, ValueError, RecursionError) as error:
        raise ValueError(f"{shard} is damaged ({error})") from error
    return [make_clip(key, shard, notes.get(key, {}), span) for key, span in spans.items()]


def read_manifest(manifest: Path) -> list[Clip]:
    """A clip for each row; paths are relative to the manifest's folder."""
    return [make_clip(path, manifest.parent / path, row) for path, row in manifest_rows(manifest)]


def scan_folder(folder: Path) -> list[Clip]:
    """A clip for each recording; in `<language>/<speaker>/…/<file>` the folders give the labels."""
    return [
        make_clip(str(key), folder / key, labels_of_folders(key.parts[:-1]))
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
        for key in [PurePosixPath(path.relative_to(folder).as_posix())]
    ]


def make_clip(key: str, path: Path, labels: Mapping, span: tuple[int, int] | None = None) -> Clip:
    names = ("language", "speaker", "corpus", "text")
    language, speaker, corpus, text = (str(labels.get(name) or "") for name in names)
    return Clip(key, path, language, speaker, corpus, text, span)


def labels_of_folders(folders: tuple[str, ...]) -> dict[str, str]:
    if len(folders) >= 2:
        return {"language": folders[0], "speaker": folders[1]}
    return {"speaker": folders[0]} if folders else {}


def select_evenly(clips: list[Clip], limit: int | None) -> list[Clip]:
    """At most `limit` clips, evenly spaced over the whole list."""
    if limit is None or limit >= len(clips):
        return clips
    return [clips[index * len(clips) // limit] for index in range(limit)]
