"""Rows of JSON: an object a line, an array of them, or the first list in one object over many lines."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath

# In characters, of an array, of an entry, and of what an object says before its list.
LONGEST_ARRAY, LONGEST_HEAD = 1 << 28, 1 << 24
# How an array begins that is not an object a line, but one or many lines of its own.
ARRAY = re.compile(r"\s*\[\s*($|\{)")
# How one object begins that lies over many lines, and a text in it.
OBJECT, TEXT_OF_JSON = re.compile(r"\s*\{(.*\[)?\s*$"), re.compile(r'"(\\.|[^"\\])*"')


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
        if not line or len(head) > LONGEST_HEAD:
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
