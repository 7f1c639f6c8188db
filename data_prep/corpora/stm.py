"""Lists of NIST's form STM, as of TED-LIUM: who says what from when to when, in a recording of the list's name."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from lfsc.audio.manifest import Malformed, Row, parse_row
from lfsc.audio.suffixes import is_recording, without_suffix

from .archives import Tree
from .manifests import Listed

# What may stand before a text: <o,f0,female>.
LABEL = re.compile(r"<[^>\s]*,[^>\s]*>\s*")
CHANNELS = {"A": 0, "1": 0, "B": 1, "2": 1}


def find_lists(tree: Tree, names: list[str]) -> list[Listed]:
    """The lists in each folder, of a tree with these names, where one has a recording of its name."""
    recordings = {PurePosixPath(without_suffix(name)).name: name for name in names if is_recording(name)}
    folders: dict[PurePosixPath, list[str]] = {}
    for name in names:
        path = PurePosixPath(name)
        if path.suffix.lower() == ".stm" and path.stem in recordings:
            folders.setdefault(path.parent, []).append(name)
    return [Listed(f"{folder / '*.stm'}", rows_of(tree, lists, recordings)) for folder, lists in folders.items()]


def find_unlisted(names: list[str]) -> list[str]:
    """The recordings without a list of their name."""
    listed = {PurePosixPath(name).stem for name in names if name.lower().endswith(".stm")}
    return [name for name in names if is_recording(name) and PurePosixPath(without_suffix(name)).name not in listed]


def rows_of(tree: Tree, lists: list[str], recordings: Mapping[str, str]) -> Iterator[Row | Malformed]:
    """A row for each line; a list that cannot be read costs no other."""
    for name in lists:
        try:
            for number, line in enumerate(tree.lines(name), 1):
                if line.strip() and not line.startswith(";;"):
                    yield row_of_line(line, f"{name}, line {number}", recordings)
        except ValueError as error:
            yield Malformed(name, str(error))


def row_of_line(line: str, place: str, recordings: Mapping[str, str]) -> Row | Malformed:
    fields = line.split(maxsplit=5)
    if len(fields) < 5 or fields[1] not in CHANNELS:
        return Malformed(place, f"{line.strip()[:60]!r}: expected name, channel (1, A), speaker, start, end and text")
    key, channel, speaker, start, end, *text = fields
    if key not in recordings:
        return Malformed(place, f"no recording of the name {key}")
    row = {"path": recordings[key], "speaker": speaker, "start": start, "end": end, "channel": CHANNELS[channel]}
    try:
        return parse_row(row | {"text": LABEL.sub("", "".join(text), count=1).strip()})
    except ValueError as error:
        return Malformed(place, str(error))
