"""Common Voice, any release and every language found: `<language>/clips/*.mp3` and the .tsv files beside them."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lfsc.audio.tables import BEYOND, parse_tabs

from .archives import Found, find
from .keys import label
from .utterance import Rejection, Utterance

TABLES = ("train.tsv", "dev.tsv", "test.tsv", "validated.tsv")
COLUMNS = ("path", "client_id")
# Of the 128 hexadecimal digits of a client_id, enough to tell all speakers apart.
SPEAKER_DIGITS = 20


def utterances(scratch: Path, *, sources: list[Path], clips: str) -> Iterator[Utterance | Rejection | str]:
    """The official train and dev splits, or with clips="validated" everything that listeners approved.

    The speakers of the test split never appear, invalidated and unheard clips neither.
    """
    for found in find(sources, scratch, lambda path: path.name in TABLES, what="Common Voice .tsv", prune=("clips",)):
        if isinstance(found, Rejection):
            yield found
            continue
        language = label(found.parts[-1])
        table = {"official": "train.tsv", "validated": "validated.tsv"}[clips]
        if str(found.folder / table) not in found.names:
            there = ", ".join(PurePosixPath(name).name for name in found.names)
            yield f"{language} is skipped, it has no {table}, only {there}; --clips validated reads delta releases"
            continue
        try:
            yield from of_language(found, language, clips)
        except ValueError as error:
            # What comes after a table that cannot be read is lost, and no other language.
            yield Rejection.malformed(str(found.folder), language, str(error))


def of_language(found: Found, language: str, clips: str) -> Iterator[Utterance | Rejection]:
    """The clips that the tables of a language name; ValueError where one is no table."""
    for split, row in {"official": read_official, "validated": read_validated}[clips](found):
        if isinstance(row, IncompleteRow):
            yield Rejection.malformed(row.place, language, f"no {' and no '.join(row.absent)}")
            continue
        # Early releases leave the suffix out.
        clip = PurePosixPath(row["path"]).name.removesuffix(".mp3")
        source = found.tree.file(str(found.folder / "clips" / f"{clip}.mp3"))
        speaker = row["client_id"][:SPEAKER_DIGITS]
        yield Utterance(clip.replace(".", "_"), source, language, speaker, split, row.get("sentence") or None)


class IncompleteRow(NamedTuple):
    """Where a row is that names no clip or no speaker, and which column it lacks."""

    place: str
    absent: list[str]


def read_official(found: Found) -> Iterator[tuple[str, dict | IncompleteRow]]:
    for table, split in (("train.tsv", "train"), ("dev.tsv", "val")):
        for row in read_rows(found, table):
            yield split, row


def read_validated(found: Found) -> Iterator[tuple[str, dict | IncompleteRow]]:
    rows = (row for table in ("dev.tsv", "test.tsv") for row in read_rows(found, table))
    held_out = {row["client_id"] for row in rows if isinstance(row, dict)}
    for row in read_rows(found, "validated.tsv"):
        if isinstance(row, IncompleteRow) or row["client_id"] not in held_out:
            yield "train", row
    for row in read_rows(found, "dev.tsv"):
        yield "val", row


def read_rows(found: Found, table: str) -> Iterator[dict | IncompleteRow]:
    """The rows of a table, none if the language has no such table."""
    name = str(found.folder / table)
    if name not in found.names:
        return
    checked = False
    for number, row in parse_tabs(found.tree.lines(name), name):
        if not checked and (missing := [column for column in COLUMNS if column not in row]):
            columns = ", ".join(column for column in row if column is not BEYOND)
            raise ValueError(f"{name} has no column {' and no '.join(missing)}, only {columns}")
        checked = True
        # One that is cut short still names its clip, and whose speaker must not be trained on; both are looked for.
        absent = [column for column in COLUMNS if not row.get(column)]
        yield IncompleteRow(f"{name}:{number}", absent) if absent else row
