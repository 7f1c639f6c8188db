"""Lists of what is said in which recording, as corpora bring them: tables, lines of a name and a text, or JSON."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import NamedTuple

from lfsc.audio.json_rows import join_lines, parse_json
from lfsc.audio.languages import is_language
from lfsc.audio.manifest import LANGUAGE, PATH, SPEAKER, SPLIT, TEXT, as_language
from lfsc.audio.parts import END, START, find_first
from lfsc.audio.suffixes import NOT_READ, is_recording, without_suffix
from lfsc.audio.tables import BEYOND, find_separator, parse_commas, parse_tabs

from .parts import kind_of_word

# What such lists are called, or folders that hold texts, as transcript_utf8.txt, txt.done.data, PROMPTS.
NAME = re.compile(r"txt|text|trans|content|metadata|prompt|script|sentence|line_index", re.IGNORECASE)
SUFFIXES = (".txt", ".trn", ".data", ".json", "")
# They are such lists by their heads or first lines as well.
TABLES = (".tsv", ".csv", ".list")
# So many tell whether a list names speakers, and the characters of a list that is read: it is kept in memory.
FIRST_LINES, LONGEST_LIST = 10000, 1 << 30
# Columns with the names of recordings, besides those of manifests.
KEY = (*PATH, "id", "utterance_id", "utt_id", "file", "file_id", "key")
# Lines of a name and a text: of festvox, of JSUT, of Kaldi.
FESTVOX = re.compile(r'\(\s*(\S+)\s+"(.*)"\s*\)')
NAMED = re.compile(r"([^\s:]+)[\s:]\s*(.*)")


class Entry(NamedTuple):
    """What a list says of a recording, None where it says nothing."""

    text: str | None = None
    speaker: str | None = None
    # train, dev or test
    split: str | None = None
    language: str | None = None


def may_be_list(name: str) -> bool:
    """Whether a file may be such a list, as far as its name says."""
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    return is_manifest(path) or suffix in TABLES or (suffix in SUFFIXES and is_named_as_list(path))


def is_manifest(path: PurePosixPath) -> bool:
    """Whether a file has an object of JSON in each line, as manifests of NeMo have."""
    return path.suffix.lower() == ".jsonl" or (path.suffix.lower() == ".json" and "manifest" in path.stem.lower())


def is_named_as_list(path: PurePosixPath) -> bool:
    # ESD's 0011/0011.txt is of all that 0011 says.
    return any(map(NAME.search, (path.parent.name, path.stem))) or path.name == f"{path.parent.name}.txt"


def parse_list(name: str, lines: Iterable[str], wanted: Collection[str] | None) -> dict[str, Entry]:
    """What is said of recordings, by the keys of their names; of one that is there twice, only what both lines say.

    Those that are `wanted`, by the last parts of their keys, or all. Nothing where the lines are no such list;
    ValueError where they cannot be read.
    """
    found: dict[str, Entry] = {}
    for key, entry in parse_entries(name, limit(name, lines)):
        if wanted is not None and key.rpartition("/")[2] not in wanted:
            continue
        before = found.get(key, entry)
        found[key] = Entry(*(new if new == old else None for new, old in zip(entry, before, strict=True)))
    return found


def limit(name: str, lines: Iterable[str]) -> Iterator[str]:
    length = 0
    for line in lines:
        length += len(line)
        if length > LONGEST_LIST:
            raise ValueError(f"{name} has over {LONGEST_LIST} characters: give it by --manifest")
        yield line


def parse_entries(name: str, lines: Iterator[str]) -> Iterator[tuple[str, Entry]]:
    path = PurePosixPath(name)
    first = next(lines, "")
    lines = chain([first], lines)
    # As also WeNet's data.list has an object in each line.
    has_rows = is_manifest(path) or (path.suffix.lower() != ".json" and first.startswith("{"))
    if has_rows or path.suffix.lower() == ".json":
        rows = (row for _, row in parse_json(lines, name)) if has_rows else rows_of_json(name, lines)
        for row in rows:
            # Those that do not begin at once are of parts of recordings.
            if isinstance(row, dict) and not find_first(row, START):
                yield from entry_of_row(row)
        return
    lines = (line for line in lines if line.strip())
    first = next(lines, "")
    columns = [squeeze(column) for column in first.split(find_separator(first))]
    if not {*SQUEEZED_TEXT} & {*columns}:
        if is_named_as_list(path) or any(map(is_recording, split_line(first)[:2])):
            yield from name_columns(fields for fields in map(split_line, chain([first], lines)) if len(fields) > 1)
    elif not {*START, *END} & {*columns}:
        parse = parse_commas if find_separator(first) in ",;" else parse_tabs
        for _, row in parse(chain([first], lines), name):
            if isinstance(row, dict) and not any(row.pop(BEYOND, ())):
                yield from entry_of_row(row, columns[0])


def rows_of_json(name: str, lines: Iterator[str]) -> Iterable[object]:
    """The rows of a file that is a list of them, or has what is said of each recording, a text or more, by its name."""
    content = json.loads(join_lines("", lines, name))
    if not isinstance(content, dict):
        return content if isinstance(content, list) else ()
    return ((entry if isinstance(entry, dict) else {"text": entry}) | {"path": key} for key, entry in content.items())


def entry_of_row(row: dict, *keys: str) -> Iterator[tuple[str, Entry]]:
    """What a row of a table says, by the first of its columns that holds names, or that is one of `keys`."""
    row = {squeeze(column): value for column, value in row.items()}
    key, text = find_first(row, (*SQUEEZED_KEY, *keys)), find_first(row, SQUEEZED_TEXT) or ""
    speaker, split, language = (find_first(row, names) for names in (SQUEEZED_SPEAKER, SPLIT, SQUEEZED_LANGUAGE))
    if isinstance(key, str) and isinstance(text, str):
        yield (
            key_of_name(key),
            Entry(
                as_text(text),
                str(speaker) if isinstance(speaker, str | int) else None,
                kind_of_word(split) if isinstance(split, str) else None,
                as_language(language) if isinstance(language, str) and is_language(language.strip()) else None,
            ),
        )


def name_columns(entries: Iterator[list[str]]) -> Iterator[tuple[str, Entry]]:
    """Of lines without a head: a name and a text, and it as it is spoken or more, or a name, a speaker and a text."""
    first = list(islice(entries, FIRST_LINES))
    # Few words for many lines are no texts: speakers, who say more than one thing, or moods, in which things are said.
    has_speakers, has_moods = (
        2 * len(words) <= len(first) and not any(" " in word for word in words)
        for words in ({fields[place] for fields in first if len(fields) == 3} for place in (1, 2))
    )
    for fields in chain(first, entries):
        # A number may stand before the name.
        key, *texts = fields[1:] if is_recording(fields[1]) else fields
        if len(texts) == 3 and is_language(texts[1]) and as_text(texts[2]):
            # Of VITS and what came of it: speaker, language, text.
            yield key_of_name(key), Entry(as_text(texts[2]), texts[0], language=as_language(texts[1]))
        elif len(texts) == 2:
            text = texts[0] if has_moods and not has_speakers else texts[1]
            yield key_of_name(key), Entry(as_text(text), texts[0] if has_speakers else None)
        elif texts:
            yield key_of_name(key), Entry(as_text(texts[0]))


def split_line(line: str) -> list[str]:
    line = line.strip()
    separator = next((mark for mark in "\t|" if mark in line), None)
    if separator is None:
        found = FESTVOX.fullmatch(line) or NAMED.fullmatch(line)
        return [found[1], found[2].replace('\\"', '"')] if found else []
    fields = [field.strip() for field in line.split(separator)]
    if all(len(field) > 1 and field[0] == field[-1] == '"' for field in fields):
        fields = [field[1:-1].replace('""', '"') for field in fields]
    return fields


def as_text(text: str) -> str | None:
    """A text in one line; None for numbers, names of files, and what else has no words."""
    text = " ".join(text.split())
    return text if any(map(str.isalpha, text)) and not is_recording(text) else None


def key_of_name(name: str) -> str:
    """A recording's name or path without suffix, in one of the ways that Unicode has to write it."""
    path = PurePosixPath(without_suffix(unicodedata.normalize("NFC", name.strip().replace("\\", "/"))))
    # Whoever has converted the recordings has lists of what they were before.
    return (path.with_suffix("") if path.suffix.lower() in NOT_READ else path).as_posix()


def squeeze(name: object) -> str:
    """The name of a column in any of the ways to write it: SpeakerID, speaker_id."""
    return re.sub(r"[\W_]", "", str(name)).lower()


SQUEEZED_KEY, SQUEEZED_TEXT, SQUEEZED_SPEAKER, SQUEEZED_LANGUAGE = (
    tuple(map(squeeze, names)) for names in (KEY, TEXT, SPEAKER, LANGUAGE)
)
