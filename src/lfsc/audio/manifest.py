"""Lists of recordings: an object of JSON a line, or a table with a head, separated by commas or tabs."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

# Those that are looked for in a folder of recordings.
MANIFESTS = ("manifest.jsonl", "manifest.csv", "manifest.tsv")
# The key of a row's fields behind the last column.
BEYOND = None


def manifest_rows(manifest: Path) -> list[tuple[str, dict]]:
    """The `path` (NeMo says `audio_filepath`) and all columns of each row; ValueError where a line has none."""
    try:
        # Only a line feed ends a line: texts hold whatever else Unicode takes for an end.
        with manifest.open(encoding="utf-8-sig", newline="\n") as lines:
            found = list(parse_rows(str(manifest), lines))
    except UnicodeDecodeError as error:
        raise ValueError(f"{manifest} is not a manifest: expected text in UTF-8 (jsonl, csv or tsv)") from error
    rows = []
    for place, row in found:
        if isinstance(row, str):
            raise ValueError(f"{place}: {row}")
        rows.append((place, row))
    return rows


def parse_rows(manifest: str, lines: Iterable[str]) -> Iterator[tuple[str, dict | str]]:
    """The path and the columns of each row; for a row without a path, its place in the manifest and what is wrong.

    ValueError where a table of commas cannot be read any further.
    """
    name = manifest.lower()
    read = tab_rows if name.endswith(".tsv") else comma_rows if name.endswith(".csv") else json_rows
    for number, row in read(lines, manifest):
        place = f"{manifest}, line {number}"
        if isinstance(row, str):
            yield place, row
            continue
        beyond = row.pop(BEYOND, ())
        if any(beyond):
            # A separator inside a field has moved what follows it to other columns.
            yield place, f"more fields than columns: {', '.join(map(repr, beyond))}"
            continue
        path = row.get("path") or row.get("audio_filepath")
        columns = ", ".join(map(str, row)) or "nothing"
        yield (str(path), row) if path else (place, f"no 'path' or 'audio_filepath', only {columns}")


def json_rows(lines: Iterable[str], manifest: str) -> Iterator[tuple[int, dict | str]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, json_row(line)


def json_row(line: str) -> dict | str:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return f"not JSON ({error.msg}); expected one object a line, or a file whose name ends in .csv or .tsv"
    return row if isinstance(row, dict) else f"expected an object with 'path', found {line.strip()[:60]}"


def comma_rows(lines: Iterable[str], manifest: str) -> Iterator[tuple[int, dict]]:
    rows = csv.DictReader(lines, restkey=BEYOND, strict=True)
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise ValueError(f"{manifest}, after line {rows.line_num}: {error}") from error


def tab_rows(lines: Iterable[str], manifest: str) -> Iterator[tuple[int, dict]]:
    columns: list[str] = []
    for number, line in enumerate(lines, 1):
        if not columns:
            columns = tab_fields(line)
        elif line.strip():
            fields = tab_fields(line)
            # As csv.DictReader has it: what is missing is None.
            beyond = {BEYOND: fields[len(columns) :]}
            yield number, {**dict(zip_longest(columns, fields[: len(columns)])), **beyond}


def tab_fields(line: str) -> list[str]:
    """Of a .tsv, where a quotation mark encloses a field only if there is one at its end, too."""
    fields = line.rstrip("\r\n").split("\t")
    return [re.sub(r'^"(.*)"$', lambda match: match[1].replace('""', '"'), field) for field in fields]
