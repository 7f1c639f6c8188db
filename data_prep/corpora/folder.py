"""Any tree of recordings; who speaks which language says a manifest, or the folders `<language>/<speaker>/…`."""

import csv
import json
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from .archives import Tree, open_tree
from .keys import key_of, label
from .utterance import File, Rejection, Utterance

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3")
MANIFESTS = ("manifest.jsonl", "manifest.csv", "manifest.tsv")
# The key of a row's fields behind the last column.
BEYOND = None
UNKNOWN_LANGUAGE, UNKNOWN_SPEAKER = "und", "unknown"


def utterances(
    scratch: Path, *, sources: list[Path], manifest: Path | None, language: str | None
) -> Iterator[Utterance | Rejection]:
    """Every recording in `sources`, or every row of a manifest; what a row leaves open, its folders say."""
    for source in sources:
        tree = open_tree(source, scratch)
        lines = _manifest_lines(tree, manifest)
        rows = _rows(*lines) if lines else _recordings(tree, source)
        for name, row in rows:
            if isinstance(row, str):
                yield Rejection.malformed(name, language or UNKNOWN_LANGUAGE, row)
                continue
            folders = PurePosixPath(name).parts[:-1]
            # `language/speaker/…/file`, or `speaker/file` in a language that is given.
            spoken, speaker = folders[:2] if len(folders) > 1 else (None, folders[0] if folders else None)
            yield Utterance(
                key=key_of(name if len(sources) == 1 else f"{source.name}/{name}"),
                source=File(name) if name.startswith("/") else tree.file(name),
                language=label(row.get("language") or language or spoken or UNKNOWN_LANGUAGE),
                speaker=label(str(row.get("speaker") or speaker or UNKNOWN_SPEAKER)),
                text=row.get("text") or None,
            )


def _recordings(tree: Tree, source: Path) -> Iterator[tuple[str, dict]]:
    names = [name for name in tree.names() if name.lower().endswith(SUFFIXES)]
    if not names:
        raise ValueError(f"{source} holds no {', '.join(SUFFIXES)} files")
    return ((name, {}) for name in names)


def _manifest_lines(tree: Tree, manifest: Path | None) -> tuple[str, Iterator[str]] | None:
    """The manifest's name and lines, if there is one; one that is named outright may lie anywhere."""
    if manifest is not None:
        if not manifest.is_file():
            raise ValueError(f"{manifest} is not there")
        return str(manifest), open_tree(manifest.parent, manifest.parent).lines(manifest.name)
    name = next((name for name in MANIFESTS if name in tree), None)
    return (name, tree.lines(name)) if name else None


def _rows(manifest: str, lines: Iterator[str]) -> Iterator[tuple[str, dict | str]]:
    """The path, relative to the source, and the columns of each row; for one without a path, its place and why."""
    if manifest.endswith((".jsonl", ".json")):
        rows = (_parsed(line) for line in lines if line.strip())
    elif manifest.endswith(".tsv"):
        rows = _tabulated(lines)
    else:
        rows = _comma_separated(lines, manifest)
    for number, row in enumerate(rows, start=1):
        place = f"{manifest}, recording {number}"
        if isinstance(row, str):
            yield place, row
            continue
        beyond = row.pop(BEYOND, ())
        if any(beyond):
            # A separator inside a field has moved what follows it to other columns.
            yield place, f"more fields than columns: {', '.join(map(repr, beyond))}"
            continue
        # NeMo's manifests call it audio_filepath.
        path = row.get("path") or row.get("audio_filepath")
        yield (str(path), row) if path else (place, f"no 'path', only {', '.join(map(str, row)) or 'nothing'}")


def _tabulated(lines: Iterator[str]) -> Iterator[dict]:
    columns = _fields(next(lines, ""))
    rows = (_fields(line) for line in lines if line.strip())
    # As csv.DictReader has it: what is missing is None.
    return ({**dict(zip_longest(columns, row[: len(columns)])), BEYOND: row[len(columns) :]} for row in rows)


def _fields(line: str) -> list[str]:
    """Of a .tsv, where a quotation mark encloses a field only if there is one at its end, too."""
    fields = line.rstrip("\r\n").split("\t")
    return [re.sub(r'^"(.*)"$', lambda match: match[1].replace('""', '"'), field) for field in fields]


def _comma_separated(lines: Iterator[str], manifest: str) -> Iterator[dict]:
    rows = csv.DictReader(lines, restkey=BEYOND, strict=True)
    try:
        yield from rows
    except csv.Error as error:
        raise ValueError(f"{manifest}, after line {rows.line_num}: {error}") from error


def _parsed(line: str) -> dict | str:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return f"not JSON ({error.msg})"
    return row if isinstance(row, dict) else f"expected an object with 'path', found {line.strip()[:60]}"
