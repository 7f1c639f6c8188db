"""The lines of a manifest as rows: a table with a head, or JSON."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from pathlib import Path

from lfsc.audio.json_rows import parse_json
from lfsc.audio.lines import LONGEST_LINE

# The key of a row's fields beyond the last column.
BEYOND = None


def parse_lines(manifest: str, lines: Iterable[str]) -> Iterator[tuple[int, dict | str]]:
    """The number of each row's line, and its fields or what is wrong with it, by the suffix of the manifest's name."""
    name = manifest.lower().removesuffix(".gz")
    parse = parse_tabs if name.endswith(".tsv") else parse_commas if name.endswith(".csv") else parse_json
    return parse(lines, manifest)


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
