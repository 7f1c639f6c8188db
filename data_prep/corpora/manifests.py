"""The manifests of a source: those that the command names, those that lie in it, and what may be more of them."""

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lfsc.audio.lines import read_lines
from lfsc.audio.manifest import MANIFESTS, PATH, Malformed, Row, parse_rows
from lfsc.audio.suffixes import is_recording, without_suffix
from lfsc.io.messages import as_word

from . import lhotse
from .archives import Tree
from .parts import kind_of_list

# What NeMo's scripts write beside tars: one manifest for all of them, or one for each.
TARRED = re.compile(r"(?P<folder>(.*/)?)tarred_audio_manifest\.json")
SHARDED = re.compile(r"(?P<folder>(.*/)?)sharded_manifests/manifest_\d+\.json")
# As NeMo and shells write the numbers of several files.
RANGE = re.compile(r"(?:_OP_|\{)(\d+)\.\.(\d+)(?:_CL_|\})")
# What may be a list of recordings, and what ends a name of a field in its first line.
LIST = re.compile(r"((.*/)?([^/]+\.(jsonl|csv|tsv)|[^/]*manifest[^/]*\.json)|[^/]+\.json)(\.gz)?")
END_OF_NAME = re.compile(r'[,;|\t]|"\s*:')
# Of so many the first lines are looked at: there may be one for each recording.
MOST_LISTS = 100
FIRST_LINES = 50


class Listed(NamedTuple):
    """A manifest: its name, its rows, and the kind of part (train, dev, test) that its name says, if any."""

    name: str
    rows: Iterator[Row | Malformed]
    kind: str | None = None


def open_manifests(manifests: Iterable[Path], source: Path) -> list[Listed]:
    """Those that the command names; ValueError where one is not there."""
    return [open_manifest(path, source) for manifest in manifests for path in expand_range(manifest)]


def expand_range(manifest: Path) -> list[Path]:
    found = None if manifest.exists() else RANGE.search(str(manifest))
    if not found:
        return [manifest]
    before, after = str(manifest)[: found.start()], str(manifest)[found.end() :]
    numbers = range(int(found[1]), int(found[2]) + 1)
    return [path for number in numbers for path in expand_range(Path(f"{before}{number}{after}"))]


def open_manifest(manifest: Path, source: Path) -> Listed:
    if not manifest.is_file():
        raise ValueError(f"{manifest} is {'a folder: expected a list' if manifest.is_dir() else 'not there'}")
    kind = kind_of_list(manifest.name)
    if pair := lhotse.find_pair(manifest):
        return Listed(" and ".join(map(str, pair)), lhotse.rows_of_pair(*pair), kind)
    rows = parse_rows(str(manifest), read_lines(manifest))
    found = SHARDED.fullmatch(str(manifest.absolute()))
    home = Path(found["folder"]) if found else manifest.absolute().parent
    folder = os.path.relpath(home, source)
    in_source = folder == "." or not any(home.glob("audio_*.tar"))
    return Listed(str(manifest), rows if in_source else place_rows(rows, f"{folder}/"), kind)


def find_tarred(tree: Tree, names: list[str]) -> list[Listed]:
    """The manifests of tars among the names: one for a folder, or those of its shards."""
    found = [match for match in map(TARRED.fullmatch, names) if match]
    whole = {match["folder"] for match in found}
    found += [match for match in map(SHARDED.fullmatch, names) if match and match["folder"] not in whole]
    return [
        Listed(match[0], place_rows(parse_rows(match[0], tree.lines(match[0])), match["folder"])) for match in found
    ]


def place_rows(rows: Iterator[Row | Malformed], folder: str) -> Iterator[Row | Malformed]:
    """Rows whose tars are in a folder of the source, as are then the names of recordings in them."""
    for row in rows:
        if isinstance(row, Row) and row.archive is not None:
            row = row._replace(path=f"{folder}{row.path}", archive=f"{folder}{row.archive}")
        yield row


def find_manifest(tree: Tree) -> Listed | None:
    """The manifest that a source has at its top."""
    name = next((name for name in MANIFESTS if name in tree), None)
    return Listed(name, parse_rows(name, tree.lines(name))) if name else None


def describe_lists(tree: Tree, names: list[str], source: Path) -> str | None:
    """A sentence on the lists that may be manifests; a KEY.json beside KEY.wav is none."""
    beside = {f"{without_suffix(name)}.json" for name in names if is_recording(name)}
    lists = (name for name in names if LIST.fullmatch(name) and name not in beside)
    candidates = itertools.islice(lists, MOST_LISTS)
    listing = [name for name in candidates if names_recordings(tree, name)]
    if not listing:
        return None
    some = listing[0] if len(listing) == 1 else f"{len(listing)} lists, such as {listing[0]},"
    return f"{some} may say more of the recordings than texts: --manifest {as_word(source / listing[0])}"


def names_recordings(tree: Tree, name: str) -> bool:
    """Whether the first line of a list, or of JSON the first ones, have what stands before, or over, paths."""
    try:
        lines = itertools.islice(tree.lines(name), FIRST_LINES if ".json" in name else 1)
        return any(word.strip(' "{[\t\r\n') in PATH for line in lines for word in END_OF_NAME.split(line))
    except (ValueError, OSError):
        return False
