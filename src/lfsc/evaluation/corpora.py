"""Test sets: the clips of shards, of a folder of recordings, or of a manifest, always in the order of their keys."""

import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from lfsc.audio.layouts import Labels, describe_labels, find_layout
from lfsc.audio.manifest import MANIFESTS, Malformed, Row, read_manifest
from lfsc.audio.suffixes import SUFFIXES, describe_not_read, is_hidden, is_recording
from lfsc.evaluation.clips import Clip
from lfsc.io.archive_kinds import compression_of
from lfsc.io.messages import describe, printable, say_count
from lfsc.io.plain_tar import Member
from lfsc.io.regular import open_regular
from lfsc.io.walk import walk_files
from lfsc.shards import index
from lfsc.shards.tar import Sample, files_of, group, read_content

# The labels of a clip, as manifests and the json of shards call them.
LABELS = ("language", "speaker", "corpus", "text")
PACKED_LISTS = (".jsonl.gz", ".json.gz", ".csv.gz", ".tsv.gz")


def find_clips(data: Path | str, *, split: str = "val") -> list[Clip]:
    """The clips of a corpus (its `split`), of a folder of shards, one shard, a manifest, or a folder of recordings.

    Rows of a manifest that say the same are one clip, with a warning.
    """
    data = Path(data)
    if not data.exists():
        raise ValueError(f"{data}: no such file or folder; --data takes shards, a folder of recordings or a manifest")
    listed = list_clips(data, split)
    clips = sorted(set(listed), key=lambda clip: clip.key)
    if not clips:
        raise ValueError(f"{data}: found no recordings ({', '.join(SUFFIXES)}), shards or manifest entries")
    if repeated := len(listed) - len(clips):
        print(f"{data}: left out {say_count(repeated, 'row')} that others repeat", file=sys.stderr)
    keys = [clip.key for clip in clips]
    if len(set(keys)) < len(keys):
        duplicate = next(a for a, b in pairwise(keys) if a == b)
        raise ValueError(f"{data}: the key {duplicate!r} occurs more than once; a report needs unique names")
    return clips


def list_clips(data: Path, split: str) -> list[Clip]:
    if data.suffix == ".tar":
        return read_shard(data)
    if data.is_file():
        if (kind := compression_of(data)) and not data.name.lower().endswith(PACKED_LISTS):
            raise ValueError(f"{data} is compressed with {kind}: unpack it")
        return clips_of_manifest(data)
    if (data / index.NAME).is_file():
        return [clip for shard in list_shards(data, split) for clip in read_shard(shard)]
    if manifest := next((data / name for name in MANIFESTS if (data / name).is_file()), None):
        return clips_of_manifest(manifest)
    if shards := sorted(data.rglob("*.tar")):
        return [clip for shard in shards for clip in read_shard(shard)]
    return scan_folder(data)


def list_shards(corpus: Path, split: str) -> list[Path]:
    shards = index.read(corpus).shards()
    # Shards that were converted from some without an index belong to no split.
    splits = sorted({shard.split for shard in shards.values() if shard.split})
    if splits and split not in splits:
        raise ValueError(f"{corpus} has no split {split!r}, only {', '.join(splits)}; choose with --split")
    return [corpus / name for name, shard in shards.items() if shard.split in ("", split)]


def read_shard(shard: Path) -> list[Clip]:
    """The samples KEY.<audio> + KEY.json of a WebDataset tar, as byte ranges of it.

    A sample of which nothing can be used is a clip at fault, and so is the shard itself where it is damaged.
    """
    clips = []
    try:
        with open_regular(shard) as file:
            for key, members in group(files_of(file)):
                note = read_content(file, members["json"]) if "json" in members else b"{}"
                clips += clips_of_sample(shard, key, members, note)
    except (OSError, ValueError) as error:
        clips.append(Clip(printable(str(shard)), shard, fault=f"{shard} is damaged ({describe(error)})"))
    return clips


def clips_of_sample(shard: Path, key: str, members: dict[str, Member], content: bytes) -> list[Clip]:
    """The clip of a sample, whose json holds `content`; none of one without audio, as tokens are."""
    audio = [member for extension, member in members.items() if is_recording(f".{extension}")]
    if "npy" in members and not audio:
        return []
    note, fault = {}, ""
    try:
        note = Sample(key, {"json": content}).note()
    except ValueError as error:
        fault = str(error)
    if len(audio) != 1:
        fault = f"{len(audio) or 'no'} recordings among its {', '.join(members)}, expected one"
    span = (audio[0].start, audio[0].size) if audio else None
    labels: dict[str, Any] = {name: printable(str(note[name])) for name in LABELS if note.get(name) is not None}
    return [Clip(printable(key), shard, **labels, span=span, fault=fault)]


def clips_of_manifest(manifest: Path) -> list[Clip]:
    """A clip for each row; paths are relative to the manifest's folder, and tell what a row does not."""
    rows = read_manifest(manifest)
    times = Counter(row.path for row in rows if isinstance(row, Row))
    return [
        Clip(printable(row.place), manifest, fault=row.reason)
        if isinstance(row, Malformed)
        else clip_of_row(row, manifest.parent, is_unique=times[row.path] == 1)
        for row in rows
    ]


def clip_of_row(row: Row, folder: Path, *, is_unique: bool) -> Clip:
    """Where a recording has several clips, their keys name the part."""
    labels: dict[str, Any] = {name: getattr(row, name) or "" for name in LABELS}
    fault = f"it lies in {row.archive}, of a tarred data set: prepare that with data_prep" if row.archive else ""
    return Clip(printable(row.path if is_unique else row.name), folder / row.path, **labels, fault=fault, part=row.part)


def scan_folder(folder: Path) -> list[Clip]:
    """A clip for each recording; the layout of the folders gives the labels, as far as it is clear.

    A folder below that may not be looked into is a clip at fault.
    """
    files, errors = walk_files(folder)
    names = recordings_among(files, folder)
    labels = labels_of(names, folder.name)
    clips = [
        Clip(printable(name), folder / name, label.language or "", label.speaker or "")
        for name, label in zip(names, labels, strict=True)
    ]
    for error in errors:
        path = Path(error.filename)
        if not is_hidden(name := path.relative_to(folder).as_posix()):
            clips.append(Clip(printable(name), path, fault=str(error.strerror)))
    return clips


def recordings_among(files: list[Path], folder: Path) -> list[str]:
    names = (path.relative_to(folder).as_posix() for path in files)
    return sorted(name for name in names if is_recording(name) and not is_hidden(name))


def labels_of(names: list[str], root: str) -> list[Labels]:
    try:
        layout = find_layout(names, root=root)
    except ValueError:
        return [Labels()] * len(names)
    return [layout.labels(name) or Labels() for name in names]


def describe_data(data: Path) -> list[str]:
    """What is to be said of a folder of recordings: how it was understood, and what in it is left out."""
    if not data.is_dir() or any((data / name).is_file() for name in (index.NAME, *MANIFESTS)):
        return []
    files, _ = walk_files(data)
    not_read = describe_not_read(path.relative_to(data).as_posix() for path in files if path.is_file())
    names = recordings_among(files, data)
    sentence = None
    if names and any(path.name.endswith(".tar") for path in files):
        sentence = f"only its shards are evaluated, not the {say_count(len(names), 'recording')} beside them"
    elif names:
        sentence = describe_labels("recordings by their folders", labels_of(names, data.name))
    return [f"{data}: {printable(each)}" for each in (sentence, not_read) if each]


def select_evenly(clips: list[Clip], limit: int | None) -> list[Clip]:
    """At most `limit` clips, evenly spaced over the whole list."""
    if limit is None or limit >= len(clips):
        return clips
    return [clips[index * len(clips) // limit] for index in range(limit)]
