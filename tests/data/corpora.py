"""Corpora as data_prep writes them, of whatever clips a test needs."""

import json
from pathlib import Path

from megatron.energon.flavors.webdataset.prepare import WebdatasetPreparator
from webdataset import TarWriter

from lfsc.audio.files import encode

RATE = 22050
SPLITS = {"train": ("blend", "weight"), "val": ("blend_epochized", "repetitions")}


def write_corpus(folder: Path, clips: dict[str, dict[str, dict]], *, clips_per_shard: int = 8) -> Path:
    """The folder with {"corpus/language": {"train" or "val": {key: audio [T], or a file's bytes}}} as shards."""
    entries = []
    for place, splits in clips.items():
        corpus, language = place.split("/")
        (folder / place).mkdir(parents=True)
        for split, named in splits.items():
            shards = [
                write_shard(folder / place / f"{split}-{number:05d}.tar", dict(part))
                for number, part in enumerate(batched(list(named.items()), clips_per_shard))
            ]
            seconds = sum(shard["seconds"] for shard in shards)
            entry = {"corpus": corpus, "language": language, "split": split, "path": place, "shards": shards}
            samples = sum(shard["samples"] for shard in shards)
            entries.append(entry | {"samples": samples, "seconds": seconds, "speakers": 1})
        describe_to_energon(folder / place)
    for split in SPLITS:
        (folder / f"{split}.yaml").write_text(json.dumps(blend(split, entries)))
    (folder / "index.json").write_text(json.dumps({"version": 1, "sample_rate": RATE, "datasets": entries}))
    return folder


def write_shard(path: Path, clips: dict) -> dict:
    seconds = {key: 1.0 if isinstance(clip, bytes) else len(clip) / RATE for key, clip in clips.items()}
    with TarWriter(str(path)) as tar:
        for key, clip in clips.items():
            content = clip if isinstance(clip, bytes) else encode(clip, sample_rate=RATE, format="flac")
            fields = {"key": key, "seconds": seconds[key], "bandwidth": 1000 * seconds[key]}
            tar.write({"__key__": key, "flac": content, "json": fields})
    return {"name": path.name, "bytes": path.stat().st_size, "samples": len(clips), "seconds": sum(seconds.values())}


def describe_to_energon(folder: Path) -> None:
    shards = sorted(path.name for path in folder.glob("*.tar"))
    patterns = [(split, f"{split}-.*") for split in SPLITS]
    WebdatasetPreparator.prepare_dataset(folder, shards, split_parts_patterns=patterns, workers=1)
    (folder / ".nv-meta" / "dataset.yaml").write_text("__module__: megatron.energon\n__class__: CrudeWebdataset\n")


def blend(split: str, entries: list[dict]) -> dict:
    kind, number = SPLITS[split]
    parts = [
        {"path": entry["path"], number: sum(s["seconds"] for s in entry["shards"]) if split == "train" else 1}
        for entry in entries
        if entry["split"] == split
    ]
    return {"__module__": "megatron.energon", "__class__": "MetadatasetV2", "splits": {split: {kind: parts}}}


def batched(items: list, size: int) -> list[list]:
    return [items[start : start + size] for start in range(0, len(items), size)]
