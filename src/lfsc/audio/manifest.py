"""Lists of recordings: an object of JSON a line, or a table with a head, separated by commas or tabs."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

# Those that are looked for in a folder of recordings, as in data_prep.
MANIFESTS = ("manifest.jsonl", "manifest.csv", "manifest.tsv")
SEPARATORS = {".csv": ",", ".tsv": "\t"}


def manifest_rows(manifest: Path) -> list[tuple[str, dict]]:
    """The `path` (NeMo says `audio_filepath`) and all columns of each row; ValueError where a line has none."""
    try:
        text = manifest.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{manifest} is not a manifest: expected text in UTF-8 (jsonl, csv or tsv)") from error
    lines = io.StringIO(text)
    separator = SEPARATORS.get(manifest.suffix.lower())
    rows = table_rows(lines, separator) if separator else json_rows(lines, manifest)
    return [(path_of(row, f"{manifest}, line {number}"), row) for number, row in rows]


def json_rows(lines: Iterable[str], manifest: Path) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(
                    f"{manifest}, line {number}: not JSON ({error.msg}); expected one object a line, or a file whose "
                    "name ends in .csv or .tsv"
                ) from error


def table_rows(lines: Iterable[str], separator: str) -> Iterator[tuple[int, dict]]:
    # Common Voice's tables hold quotation marks that quote nothing.
    quoting = csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_MINIMAL
    reader = csv.DictReader(lines, delimiter=separator, quoting=quoting)
    for row in reader:
        yield reader.line_num, row


def path_of(row: object, where: str) -> str:
    path = row.get("path") or row.get("audio_filepath") if isinstance(row, dict) else None
    if not path:
        columns = f", only {', '.join(map(str, row))}" if isinstance(row, dict) else ""
        raise ValueError(f"{where}: no 'path' or 'audio_filepath'{columns}")
    return str(path)
