"""Any tree of recordings; who speaks which language says a manifest, or the folders `<language>/<speaker>/…`."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from .keys import key_of, label
from .utterance import File, Utterance

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3")
MANIFESTS = ("manifest.jsonl", "manifest.csv", "manifest.tsv")
UNKNOWN_LANGUAGE, UNKNOWN_SPEAKER = "und", "unknown"


def utterances(*, sources: list[Path], manifest: Path | None, language: str | None) -> Iterator[Utterance]:
    """Every recording below `sources`, or every row of a manifest; what a row leaves open its folders say."""
    for source in sources:
        found = manifest or next((source / name for name in MANIFESTS if (source / name).exists()), None)
        for path, row in _rows(found) if found else _recordings(source):
            relative = path.relative_to(source) if path.is_relative_to(source) else PurePath(*path.parts[1:])
            of_folders = _from_folders(relative, language or UNKNOWN_LANGUAGE)
            yield Utterance(
                key=key_of(str(relative)),
                source=File(str(path)),
                language=label(row.get("language") or language or of_folders[0]),
                speaker=label(str(row.get("speaker") or of_folders[1])),
                text=row.get("text") or None,
            )


def _from_folders(relative: PurePath, language: str) -> tuple[str, str]:
    """Language and speaker of `language/speaker/…/file` or `speaker/file`."""
    folders = relative.parts[:-1]
    if len(folders) > 1:
        return folders[0], folders[1]
    return language, folders[0] if folders else UNKNOWN_SPEAKER


def _recordings(source: Path) -> Iterator[tuple[Path, dict]]:
    if not source.is_dir():
        raise ValueError(f"{source} is not a folder")
    count = 0
    for folder, folders, names in os.walk(source):
        folders.sort()
        for name in sorted(names):
            # macOS leaves a `._` file beside each that it copies to other file systems.
            if name.lower().endswith(SUFFIXES) and not name.startswith("._"):
                count += 1
                yield Path(folder, name), {}
    if not count:
        raise ValueError(f"{source} holds no {', '.join(SUFFIXES)} files")


def _rows(manifest: Path) -> Iterator[tuple[Path, dict]]:
    """The path and the other columns of each row; paths are relative to the manifest."""
    with manifest.open(encoding="utf-8-sig", newline="") as lines:
        if manifest.suffix == ".jsonl" or manifest.suffix == ".json":
            rows = (_parsed(line, number, manifest) for number, line in enumerate(lines, start=1) if line.strip())
        else:
            rows = csv.DictReader(lines, delimiter="\t" if manifest.suffix == ".tsv" else ",")
        for number, row in enumerate(rows, start=1):
            # NeMo's manifests call it audio_filepath.
            path = row.get("path") or row.get("audio_filepath")
            if not path:
                raise ValueError(f"{manifest}, recording {number}: no column 'path', only {', '.join(map(str, row))}")
            yield manifest.parent / path, row


def _parsed(line: str, number: int, manifest: Path) -> dict:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{manifest}, line {number}: not JSON ({error.msg})") from error
    if not isinstance(row, dict):
        raise ValueError(f"{manifest}, line {number}: expected an object with 'path', found {line.strip()[:60]}")
    return row
