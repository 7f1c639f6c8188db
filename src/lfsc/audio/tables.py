"""The lines of a manifest as rows: an object of JSON a line, an array of them, or a table with a head."""

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from pathlib import Path, PurePath
from typing import BinaryIO

from lfsc.io.archive_kinds import compression_in

# The key of a row's fields beyond the last column.
BEYOND = None
EXPECTED = "expected text in UTF-8 (jsonl, csv or tsv)"
# In characters: a compressed file may hold a thousand times its size.
LONGEST_LINE, LONGEST_ARRAY = 1 << 24, 1 << 28
# How many times its size, and how many bytes beyond that: lists of recordings have no more than some forty times.
MOST_UNPACKED, UNPACKED_BEYOND = 200, 1 << 20
# How an array begins that is not an object a line, but one or many lines of its own.
ARRAY = re.compile(r"\s*\[\s*($|\{)")

# How one object begins that lies over many lines, and a text in it.
OBJECT, TEXT_OF_JSON = re.compile(r"\s*\{(.*\[)?\s*$"), re.compile(r'"(\\.|[^"\\])*"')


def read_lines(manifest: Path) -> Iterator[str]:
    """The lines of a manifest, compressed by gzip or not; ValueError where they are no UTF-8, or too long."""
    try:
        with manifest.open("rb") as file:
            yield from lines_in(file, manifest)
    except UnicodeError as error:
        raise ValueError(f"{manifest} is not a manifest: {EXPECTED}") from error


def lines_in(file: BinaryIO, name: object) -> Iterator[str]:
    """The lines of an open file, compressed by gzip or not; ValueError, which names it, where they are too long.

    UnicodeError where they are neither UTF-8 nor, as its first two bytes then say, UTF-16.
    """
    content = Unpacked(fileobj=file) if compression_in(file) == "gzip" else file
    try:
        # As programs of Windows write it, among them Excel.
        encoding = "utf-16" if content.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
        content.seek(0)
        # Only a line feed ends a line: texts hold whatever else Unicode takes for an end.
        lines = io.TextIOWrapper(content, encoding=encoding, newline="\n")
        for number, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE + 1), "")):
            if len(line) > LONGEST_LINE:
                raise ValueError(f"{name} is not a manifest: it has a line of over {LONGEST_LINE} characters")
            # Such as the header of an archive, after which any number of lines may come.
            if number == 0 and "\0" in line:
                raise ValueError(f"{name} is not a manifest: {EXPECTED}")
            yield line
    except Bomb as error:
        raise ValueError(f"{name} is not a manifest: it unpacks to over {MOST_UNPACKED} times its size") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{name} is damaged ({error}): compress or download it again") from error


class Bomb(Exception):
    """A file that a few bytes make large."""


class Unpacked(gzip.GzipFile):
    """Raises Bomb before there are lines without end."""

    def read1(self, size: int = -1) -> bytes:
        content = super().read1(size)
        read = self.fileobj.tell()  # type: ignore[union-attr]  # a binary file, as given
        if self.tell() > MOST_UNPACKED * read + UNPACKED_BEYOND:
            raise Bomb
        return content


def parse_lines(manifest: str, lines: Iterable[str]) -> Iterator[tuple[int, dict | str]]:
    """The number of each row's line, and its fields or what is wrong with it, by the suffix of the manifest's name."""
    name = manifest.lower().removesuffix(".gz")
    parse = parse_tabs if name.endswith(".tsv") else parse_commas if name.endswith(".csv") else parse_json
    return parse(lines, manifest)


def parse_json(lines: Iterable[str], manifest: str) -> Iterator[tuple[int, dict | str]]:
    lines = iter(lines)
    for number, line in enumerate(lines, 1):
        if number == 1 and ARRAY.match(line):
            yield from parse_array(join_lines(line, lines, manifest), manifest)
        elif number == 1 and OBJECT.match(line) and ".json" in PurePath(manifest).suffixes:
            yield from parse_document(line, lines, manifest)
            return
        elif line.strip():
            yield number, parse_object(line)


def join_lines(first: str, lines: Iterator[str], manifest: str) -> str:
    joined, length = [first], len(first)
    for line in lines:
        joined.append(line)
        length += len(line)
        if length > LONGEST_ARRAY:
            raise ValueError(f"{manifest} is an array of over {LONGEST_ARRAY} characters: write an object a line")
    return "".join(joined)


def parse_document(first: str, lines: Iterator[str], manifest: str) -> Iterator[tuple[int, dict | str]]:
    """The entries of the first list in one object over many lines, such as GigaSpeech.json, one after the other.

    Each has what the object says before the list, too.
    """
    head, number = first, 1
    while not head.rstrip().endswith("["):
        line = next(lines, "")
        head, number = head + line, number + 1
        if not line or len(head) > LONGEST_LINE:
            raise ValueError(f"{manifest} is one object of JSON without a list of recordings: write an object a line")
    common = parse_object(f"{head}]}}")
    entry, depth, begin = "", 0, number + 1
    for number, line in enumerate(lines, begin):
        bare = TEXT_OF_JSON.sub("", line)
        if not depth:
            begin, entry = number, ""
            if bare.lstrip().startswith("]"):
                return
        depth += bare.count("{") - bare.count("}")
        entry += line
        if len(entry) > LONGEST_ARRAY:
            raise ValueError(f"{manifest} has an entry of over {LONGEST_ARRAY} characters: write an object a line")
        if not depth:
            row = parse_object(entry.strip().rstrip(","))
            yield begin, row if isinstance(row, str) or isinstance(common, str) else common | row
    raise ValueError(f"{manifest} ends within its list: download it again")


def parse_array(text: str, manifest: str) -> Iterator[tuple[int, dict | str]]:
    """The entries of a file that is one array, in a line or over many, as lhotse writes .json, with their numbers."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{manifest} is no array of JSON ({getattr(error, 'msg', type(error).__name__)})") from error
    for number, row in enumerate(rows, 1):
        yield number, row if isinstance(row, dict) else f"expected an object with 'path', found {json.dumps(row)[:60]}"


def parse_object(line: str) -> dict | str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", type(error).__name__)
        return f"not JSON ({reason}); expected one object a line, or a file whose name ends in .csv or .tsv"
    return row if isinstance(row, dict) else f"expected an object with 'path', found {line.strip()[:60]}"


def parse_commas(lines: Iterable[str], manifest: str) -> Iterator[tuple[int, dict | str]]:
    lines = iter(lines)
    first = next(lines, "")
    separator = find_separator(first)
    if separator == "|":
        # Corpora of speech have these, and quote nothing in them.
        yield from parse_tabs(chain([first], lines), manifest)
        return
    source = LinesOfRows(chain([first], lines), manifest)
    rows = csv.reader(source, strict=True, delimiter=separator)
    columns: list[str] | None = None
    while True:
        try:
            fields = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            number = source.skip_line()
            reason = f"no row of .csv ({explain(error)})"
            if columns is None:
                raise ValueError(f"{manifest}, line {number}: {reason}") from error
            yield number, reason
            continue
        number = source.end_row()
        if columns is None:
            columns = [name.strip() for name in fields]
        elif fields:
            yield number, name_fields(columns, fields)


def find_separator(line: str) -> str:
    """What sets the names of columns apart; where a comma is for decimals, programs put a semicolon in its place."""
    return max(",;\t|", key=line.count)


def explain(error: csv.Error) -> str:
    """What csv says, in words that tell what to do."""
    if "new-line" in str(error):
        return "a line ends with a carriage return alone"
    is_long = "limit" in str(error)
    return f"{error}{'' if is_long else ': a quotation must end, and a quotation mark inside of one is doubled'}"


class LinesOfRows:
    """The lines of a table whose rows may have several, up to where a row began that can be read again."""

    def __init__(self, lines: Iterable[str], manifest: str):
        self.lines, self.manifest = iter(lines), manifest
        self.row: list[str] = []
        self.again: deque[str] = deque()
        # Of the lines before the row, and in characters: of the row, of all lines, of those that were read again.
        self.before = self.length = self.total = self.repeated = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.again:
            line = self.again.popleft()
        else:
            line = next(self.lines)
            self.total += len(line)
        self.row.append(line)
        self.length += len(line)
        if self.length > LONGEST_LINE:
            raise ValueError(f"{self.manifest} is not a manifest: it has a row of over {LONGEST_LINE} characters")
        return line

    def end_row(self) -> int:
        """The number of the line in which the row began, which is done with."""
        number = self.before + 1
        self.before += len(self.row)
        self.row, self.length = [], 0
        return number

    def skip_line(self) -> int:
        """The same, where only the row's first line is done with: the lines after it are rows of their own.

        ValueError where that goes on without end, as in no list of recordings: two quotations that do not end have
        the lines between them read twice, and not more often.
        """
        self.repeated += self.length
        if self.repeated > self.total + LONGEST_LINE:
            raise ValueError(f"{self.manifest} is not a manifest: it has too many quotations that do not end")
        self.again.extendleft(reversed(self.row[1:]))
        del self.row[1:]
        return self.end_row()


def parse_tabs(lines: Iterable[str], manifest: str) -> Iterator[tuple[int, dict]]:
    """Rows of fields between tabs, or between bars where the names of columns have no tab.

    In fairseq's lists, a folder stands in the place of the names, and below it are paths and numbers of samples.
    """
    columns: list[str] = []
    separator, folder = "\t", None
    for number, line in enumerate(lines, 1):
        if not columns:
            separator = "|" if "|" in line and "\t" not in line else "\t"
            columns = [name.strip() for name in split_fields(line, separator)]
            if len(columns) == 1 and columns[0].startswith(("/", ".")):
                columns, folder = ["path", "samples"], columns[0] if Path(columns[0]).is_dir() else ""
        elif line.strip():
            row = name_fields(columns, split_fields(line, separator))
            yield number, row if folder is None else row | {"path": str(Path(folder, row["path"] or ""))}


def name_fields(columns: list[str], fields: list[str]) -> dict:
    """The row, with None for fields that are missing or empty, which in a table say nothing."""
    row = {name: value or None for name, value in zip_longest(columns, fields[: len(columns)])}
    return row | {BEYOND: fields[len(columns) :]}


def split_fields(line: str, separator: str) -> list[str]:
    """The fields of a line of .tsv, where a quotation mark encloses a field only if it also ends with one."""
    fields = line.rstrip("\r\n").split(separator)
    return [re.sub(r'^"(.*)"$', lambda match: match[1].replace('""', '"'), field) for field in fields]
