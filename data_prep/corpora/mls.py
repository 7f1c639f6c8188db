"""Multilingual LibriSpeech, FLAC or Opus, its eight languages: `mls_german/train/audio/<speaker>/<book>/<id>.flac`."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lfsc.audio.layouts import MLS_LANGUAGES

from .archives import Found, find
from .utterance import Rejection, Utterance

# The test split is for evaluation and stays out of the shards.
SPLITS = {"train": "train", "dev": "val"}
# Files whose lines begin with an utterance's id; the transcripts have its text, too.
LISTS = ("transcripts.txt", "segments.txt")
# Hours of the limited-supervision training sets, and the folders that list their ids.
LIMITED = {"1hr": ("1hr",), "9hr": ("9hr",), "10hr": ("1hr", "9hr")}


def utterances(scratch: Path, *, sources: list[Path], limited: str | None) -> Iterator[Utterance | Rejection]:
    """Every utterance of the train and dev splits found; with `limited`, only that part of train."""
    wanted = LISTS if limited is None else (*LISTS, "handles.txt")
    items = list(find(sources, scratch, lambda path: path.name in wanted, what="MLS corpus", prune=("audio",)))
    yield from (item for item in items if isinstance(item, Rejection))
    folders = [item for item in items if isinstance(item, Found)]
    handles = read_handles(folders, LIMITED[limited]) if limited else None
    for found in folders:
        split = SPLITS.get(found.folder.name)
        if split is None or found.names[0].endswith("handles.txt"):
            continue
        language = find_language(found)
        try:
            yield from of_split(found, language, split, handles if split == "train" else None)
        except ValueError as error:
            # What comes after a line that cannot be read is lost, and no other split.
            yield Rejection.malformed(str(found.folder), language, str(error))


def of_split(found: Found, language: str, split: str, handles: set[str] | None) -> Iterator[Utterance | Rejection]:
    """The utterances of a split, or those of them that are among `handles`; ValueError for a list that is no text."""
    suffix = None
    for place, identifier, text in read_lists(found):
        if identifier.count("_") != 2:
            yield Rejection.malformed(place, language, f"'{identifier}' is no id like speaker_book_number")
            continue
        speaker, book, _ = identifier.split("_")
        path = f"{found.folder}/audio/{speaker}/{book}/{identifier}"
        suffix = suffix or find_suffix(found, path)
        if handles is None or identifier in handles:
            yield Utterance(identifier, found.tree.file(path + suffix), language, speaker, split, text)


def read_lists(found: Found) -> Iterator[tuple[str, str, str | None]]:
    """Where in which list, id and text of the utterances of a split."""
    name = next(f"{found.folder}/{name}" for name in LISTS if f"{found.folder}/{name}" in found.names)
    for number, line in enumerate(found.tree.lines(name), start=1):
        identifier, *columns = line.rstrip("\r\n").split("\t")
        yield f"{name}:{number}", identifier, columns[0] if name.endswith(LISTS[0]) and columns else None


def find_language(found: Found) -> str:
    for part in reversed(found.parts):
        language = MLS_LANGUAGES.get(part.removeprefix("mls_").removesuffix("_opus"))
        if language:
            return language
    raise ValueError(f"no folder of {'/'.join(found.parts)} is named after a language of MLS, such as mls_german")


def find_suffix(found: Found, path: str) -> str:
    """The suffix of the recordings of a split, one of which is at `path`."""
    there = [suffix for suffix in (".flac", ".opus") if path + suffix in found.tree]
    named_opus = any(part.endswith("_opus") for part in found.parts)
    return there[0] if there else ".opus" if named_opus else ".flac"


def read_handles(folders: list[Found], wanted: tuple[str, ...]) -> set[str]:
    """The ids in `limited_supervision/9hr/handles.txt` and `limited_supervision/1hr/<part>/handles.txt`."""
    return {
        line.strip()
        for found in folders
        for name in found.names
        if name.endswith("handles.txt") and set(PurePosixPath(name).parts) & set(wanted)
        for line in found.tree.lines(name)
    }
