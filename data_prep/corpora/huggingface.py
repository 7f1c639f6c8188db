"""Data sets of the Hugging Face hub, or in folders as they are there: parquet or arrow files with a column of audio."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple

from lfsc.audio.languages import is_language
from lfsc.audio.manifest import Malformed, Row, parse_row
from lfsc.io.messages import describe, printable, say_count

from .datasets_library import Table, find_tables, open_table
from .parts import Parts, kind_of_word
from .utterance import UNKNOWN_LANGUAGE, File, Rejection, Utterance


class Asked(NamedTuple):
    """What the command says of a data set; None where the data set decides."""

    config: str | None
    splits: list[str] | None
    column: str | None
    revision: str | None
    language: str | None


def utterances(
    scratch: Path,
    *,
    sources: list[Path | str],
    config: str | None,
    splits: list[str] | None,
    column: str | None,
    revision: str | None,
    language: str | None,
) -> Iterator[Utterance | Rejection | str]:
    """Every row of the data sets, whose audio is copied into `scratch`, where it can be read in any order.

    Sentences on what was understood come first.
    """
    if language is None and config is not None and is_language(config):
        language = config
    asked = Asked(config, splits, column, revision, language)
    scratch.mkdir(parents=True, exist_ok=True)
    for number, source in enumerate(sources):
        prefix = "" if len(sources) == 1 else f"{Path(source).name}/"
        with (scratch / f"audio-{number}.bin").open("wb") as file:
            for item in read_source(source, file, asked):
                if isinstance(item, Malformed):
                    yield Rejection.malformed(printable(item.place), language or UNKNOWN_LANGUAGE, item.reason)
                elif isinstance(item, StoredRow):
                    # The workers that look at the recording open the file anew.
                    file.flush()
                    yield Utterance.of_row(item.row, item.source, prefix=prefix, language=language)
                else:
                    yield item


class StoredRow(NamedTuple):
    """What a row says, and where its audio lies now."""

    row: Row
    source: File


def read_source(source: Path | str, file: BinaryIO, asked: Asked) -> Iterator[StoredRow | Malformed | str]:
    tables = find_tables(source, config=asked.config, revision=asked.revision)
    chosen, sentence = choose(list(tables), asked.splits, source)
    if sentence:
        yield sentence
    parts = Parts(kind_of_word(split) for split in chosen)
    first = True
    for split in chosen:
        count = 0
        for place in tables[split]:
            language = language_of_folders(place, source)
            try:
                table = open_table(place, asked.column)
                if first:
                    splits = f"{say_count(len(chosen), 'split')} ({', '.join(chosen)})"
                    yield f"understood as a data set of {splits}: {table.describe()}"
                for cells in table.rows:
                    name = f"{split}-{count:07d}"
                    default = Row(name, language, split=parts.split(kind_of_word(split)))
                    yield found_in(table, cells, default, source, file)
                    count += 1
            except Exception as error:
                # A column that was named wrongly, or a network that is gone, is no fault of this file.
                if (first and isinstance(error, ValueError)) or (isinstance(error, OSError) and "://" in place):
                    raise
                # Whatever else a file does to its decoder, the others are not to suffer.
                yield Malformed(place, describe(error))
            first = False


def choose(there: list[str], wanted: list[str] | None, source: Path | str) -> tuple[list[str], str | None]:
    """The splits that are read, and a sentence about those that are not."""
    if wanted:
        if missing := [split for split in wanted if split not in there]:
            raise ValueError(f"{source} has no split {', '.join(missing)}, only {', '.join(there)}")
        return wanted, None
    parts = Parts(map(kind_of_word, there))
    if "train" not in parts.found:
        return there, None
    left_out = [split for split in there if kind_of_word(split) is None or parts.leaves_out(kind_of_word(split))]
    kept = [split for split in there if split not in left_out]
    return kept, f"splits that are not read: {', '.join(left_out)} (--split chooses)" if left_out else None


def language_of_folders(place: str, source: Path | str) -> str | None:
    """That of the folders, in the data set, of a file: hindi/train-00000-of-00005.parquet."""
    below = os.path.relpath(place, source) if isinstance(source, Path) else place.partition("@")[2]
    return next(filter(is_language, PurePosixPath(below).parts[:-1]), None)


def found_in(
    table: Table, cells: dict[str, Any], default: Row, source: Path | str, file: BinaryIO
) -> StoredRow | Malformed:
    """The row of these cells, with the split, and where they name none the language, of the `default`."""
    try:
        row = parse_row(table.labels(cells), path=default.path)
        row = row._replace(language=row.language or default.language, split=default.split)
        return StoredRow(row, store(cells[table.column], source, file))
    except ValueError as error:
        return Malformed(default.path, str(error))


def store(cell: Any, source: Path | str, file: BinaryIO) -> File:
    """Where the audio of a cell is, after it was written into the file; ValueError where there is none."""
    content, path = (cell, None) if isinstance(cell, bytes) else ((cell or {}).get("bytes"), (cell or {}).get("path"))
    if content:
        offset = file.tell()
        file.write(content)
        return File(file.name, offset, len(content))
    if not path:
        raise ValueError("no audio in this row")
    if "://" in path or isinstance(source, str):
        raise ValueError(f"its audio is elsewhere ({path}), expected it in the data set")
    return File(str(source / path))
