"""The texts that corpora bring in files beside their recordings, and the speakers that lists of texts name."""

import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath

from lfsc.audio.suffixes import is_recording, sample_keys, without_suffix
from lfsc.io.messages import describe, say_count

from .archives import Tree
from .parts import kind_of_list
from .text_lists import NAME, Entry, key_of_name, may_be_list, parse_list

# Of files of the recording's name: a text, also that which the Montreal Forced Aligner takes.
BESIDE = (".normalized.txt", ".txt", ".lab", ".trn")
# How lists of sounds or subtitles with their times begin, which may have these suffixes too.
TIMES = re.compile(r"\s*(\d[\d.]*\s+\d[\d.]*\s|\[\d+\.\d+\]|\d+\s+\d+:\d\d|WEBVTT)")
# Files of texts with the times at which they are said.
TIMED = (".srt", ".vtt", ".ass", ".textgrid", ".eaf", ".ctm", ".trs", ".cha", ".sbv", ".lrc")
# As VCTK has recordings of the same text.
MICROPHONE = re.compile(r"_mic\d$")
# Folders whose lists are kept: those above a recording.
KEPT_FOLDERS = 16


class TextFolders:
    """The lists of texts among files of a tree, by the folders whose recordings they may name.

    That is the folder that a list is in, or, where there are no `recordings` below it, the one above. `wanted`
    says how many recordings have a name, without which all that lists name is kept.
    """

    def __init__(
        self, tree: Tree, names: Iterable[str], recordings: Iterable[str], wanted: Mapping[str, int] | None = None
    ) -> None:
        self.tree, self.wanted = tree, wanted
        self.unread: list[str] = []
        folders = {name.rpartition("/")[0] for name in recordings}
        recorded = {str(above) for folder in folders for above in PurePosixPath(folder, "a recording").parents}
        self.lists: dict[str, list[str]] = {}
        for name in filter(may_be_list, names):
            folder = PurePosixPath(name).parent
            self.lists.setdefault(str(folder if str(folder) in recorded else folder.parent), []).append(name)
        self.read = lru_cache(KEPT_FOLDERS)(self.read_folder)

    def find(self, name: str, archive: str | None = None) -> Entry | None:
        """What the nearest list above a recording says of it, which came out of an archive of this name, if any."""
        if not self.lists:
            return None
        folders, parts = name.split("/"), key_of_name(name).split("/")
        for depth in range(len(parts) - 1, -1, -1):
            folder = "/".join(folders[:depth]) or "."
            if folder in self.lists:
                entries = self.read(folder, archive)
                # Lists name recordings by their paths, or some of their folders, or none.
                for first in range(depth, len(parts)):
                    if found := entries.get("/".join(parts[first:])):
                        return found
        return None

    def read_folder(self, folder: str, archive: str | None) -> dict[str, Entry]:
        names = self.lists[folder]
        # Archives and lists may be pairs, of which there are many.
        own = [name for name in names if PurePosixPath(name).stem == archive]
        has_parts = "train" in map(kind_of_list, names)
        found: dict[str, Entry] = {}
        for name in own or names:
            try:
                entries = parse_list(name, self.tree.lines(name), self.wanted)
                if has_parts and (kind := kind_of_list(name)):
                    entries = {key: entry._replace(split=entry.split or kind) for key, entry in entries.items()}
                found |= entries
                if self.wanted is not None:
                    # Paths of other machines, as in lists of TTS recipes, where no two recordings have the name.
                    found = {key: entry for key, entry in take_names(entries).items() if self.wanted[key] == 1} | found
            except (ValueError, RecursionError, OSError) as error:
                self.unread.append(f"{name}: {describe(error)}")
        return found


class Transcripts:
    """Texts of the recordings in a tree of files with these `names`, which is of the known corpus of this name, if any.

    What is not found there may be in lists `around` it, where the tree is the archive `place` among others.
    """

    def __init__(
        self, corpus: str, tree: Tree, names: Collection[str], around: TextFolders | None = None, place: str = ""
    ) -> None:
        # To ask the file system for each recording would take long where it is a network's.
        self.tree, self.names, self.around = tree, names, around
        self.folder, _, self.archive = f"/{place}".rpartition("/")
        recordings = [name for name in names if is_recording(name)]
        stems = Counter(key_of_name(name.rpartition("/")[2]) for name in recordings)
        self.keys = sample_keys(recordings)
        self.folders = TextFolders(tree, names, recordings, wanted=stems)
        self.unread = self.folders.unread
        self.found = Counter[bool]()
        self.labels: dict[str, set[str]] = {"speaker": set(), "language": set()}
        finders: dict[str, Callable[[str], Entry | None]] = {"TIMIT": self.of_timit, "AISHELL-3": self.of_aishell3}
        self.finder = finders.get(corpus, self.of_any)
        self.texts = {name for name in names if name.lower().endswith(BESIDE)}
        # Files in folders of texts, by what is beside that folder: txt/p225/p225_001.txt for wav48/p225/p225_001.flac.
        self.opposite = {
            key: name
            for name in self.texts
            for folder, key in paths_beside(name.rpartition(".")[0])
            if NAME.search(folder)
        }

    def find(self, name: str) -> Entry:
        """What is said of a recording: nothing where there is no text, or where it is in a file that cannot be read."""
        try:
            entry = self.finder(name) or Entry()
        except (ValueError, OSError) as error:
            self.unread.append(describe(error))
            entry = Entry()
        self.found[entry.text is not None] += 1
        for label, found in self.labels.items():
            found |= {getattr(entry, label)} - {None, ""}
        return entry

    def describe_found(self) -> Iterator[str]:
        """Sentences on the texts of all recordings that were looked for."""
        if with_text := self.found[True]:
            labels = " and ".join(say_count(len(found), label) for label, found in self.labels.items() if found)
            by_lists = f", and {labels} by lists" if labels else ""
            yield f"texts of {with_text} of {say_count(self.found.total(), 'recording')}{by_lists}"
        if self.unread:
            yield f"not read: {say_count(len(self.unread), 'text')}, such as {self.unread[0]}"

    def of_any(self, name: str) -> Entry | None:
        """From a file beside the recording, or in a folder of texts, or from a list above it."""
        texts = map(self.read, self.names_of_texts(name))
        text = next((text for text in texts if text and not TIMES.match(text)), None)
        return Entry(text) if text else self.of_lists(name)

    def names_of_texts(self, name: str) -> Iterator[str]:
        """The files that are there for a recording alone."""
        if not self.texts:
            return
        stem = without_suffix(name)
        stems = [stem] if stem.isascii() else [stem, *(unicodedata.normalize(form, stem) for form in ("NFC", "NFD"))]
        is_upper = name.rpartition(".")[2].isupper()
        stems += [self.keys[stem]] if stem in self.keys else []
        texts = (stem + (suffix.upper() if is_upper else suffix) for stem in (name, *stems) for suffix in BESIDE)
        yield from filter(self.texts.__contains__, texts)
        if self.opposite:
            keys = (key for _, key in paths_beside(MICROPHONE.sub("", stem)))
            yield from (self.opposite[key] for key in keys if key in self.opposite)

    def of_lists(self, name: str) -> Entry | None:
        found = self.folders.find(name)
        if found is None and self.around is not None:
            found = self.around.find(f"{self.folder}/{name}".strip("/"), archive=self.archive.partition(".")[0])
        return found

    def of_timit(self, name: str) -> Entry | None:
        """From a file beside the recording, `0 46797 She had your dark suit.`, of its first and last sample."""
        texts = filter(None, map(self.read, self.names_of_texts(name)))
        return next((Entry(text.split(maxsplit=2)[-1]) for text in texts), None)

    def of_aishell3(self, name: str) -> Entry | None:
        """From `content.txt`, whose texts have the sound after each letter, `广 guang3 州 zhou1`."""
        entry = self.of_lists(name)
        return entry and Entry("".join((entry.text or "").split()[::2]))

    def read(self, name: str) -> str:
        """The text in a file; where that is the path of another, as in THCHS-30, the first line of that one."""
        lines = list(self.tree.lines(name))
        # A table, such as CORAAL's of who says what and when.
        if lines and lines[0].count("\t") > 1:
            return ""
        text = " ".join("".join(lines).split())
        other = posixpath.normpath(posixpath.join(posixpath.dirname(name), text))
        return next(self.tree.lines(other), "").strip() if other != name and other in self.texts else text


def take_names(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Entries by the names in their paths, where only one has the name."""
    names = {key: key.rpartition("/")[2] for key in entries}
    counts = Counter(names.values())
    return {name: entries[key] for key, name in names.items() if counts[name] == 1}


def paths_beside(path: str) -> Iterator[tuple[str, tuple]]:
    """Each folder of a file, and the file's path without it."""
    parts = path.split("/")
    return ((parts[at], (at, *parts[:at], *parts[at + 1 :])) for at in range(len(parts) - 1))


def describe_timed(names: Iterable[str]) -> str | None:
    """How many files have texts with times, which are not read, by suffix and with an example; None for none."""
    found = [name for name in names if name.lower().endswith(TIMED)]
    if not found:
        return None
    suffixes = ", ".join(sorted({PurePosixPath(name).suffix for name in found}))
    return (
        f"not read: {say_count(len(found), 'file')} of texts with times ({suffixes}), such as {found[0]}: "
        "write a manifest with start, end and text for each part"
    )
