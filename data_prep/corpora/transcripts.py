"""The texts that corpora bring in files beside their recordings."""

import re
from collections.abc import Callable, Collection
from pathlib import PurePosixPath

from .archives import Tree

# Of files of the recording's name: a text, also that which the Montreal Forced Aligner takes.
BESIDE = (".txt", ".lab")
# How lists of sounds and their times begin, which may have these suffixes too.
TIMES = re.compile(r"\s*\d[\d.]*\s+\d[\d.]*\s")


class Transcripts:
    """Texts of the recordings in a tree of files with these `names`, which is of the known corpus of this name, if any.

    `unread` has the reasons why some could not be read.
    """

    def __init__(self, corpus: str, tree: Tree, names: Collection[str]) -> None:
        # To ask the file system for each recording would take long where it is a network's.
        self.tree, self.names = tree, names
        self.unread: list[str] = []
        finders: dict[str, Callable[[PurePosixPath], str | None]] = {
            "LibriSpeech": self.of_librispeech,
            "LibriTTS": self.of_libritts,
            "VCTK": self.of_vctk,
            "LJSpeech": self.of_ljspeech,
            "FLEURS": self.of_fleurs,
        }
        self.finder = finders.get(corpus, self.of_any)
        # Of the list that was read last: recordings come in the order of their folders.
        self.list_name, self.list_texts = "", dict[str, str]()

    def find(self, name: str) -> str | None:
        """The text of a recording, None where there is none, or where it is in a file that cannot be read."""
        try:
            return self.finder(PurePosixPath(name)) or None
        except ValueError as error:
            self.unread.append(str(error))
            return None

    def of_librispeech(self, path: PurePosixPath) -> str | None:
        """From `103/1240/103-1240.trans.txt`, whose lines are `103-1240-0000 TEXT`."""
        chapter = path.stem.rpartition("-")[0]
        return self.lookup(path.parent / f"{chapter}.trans.txt", path.stem, split_word)

    def of_libritts(self, path: PurePosixPath) -> str | None:
        return self.read(path.with_suffix(".normalized.txt"))

    def of_vctk(self, path: PurePosixPath) -> str | None:
        """From `txt/p225/p225_001.txt`, for `wav48_silence_trimmed/p225/p225_001_mic1.flac`."""
        name = re.sub(r"_mic\d$", "", path.stem)
        return self.read(path.parent.parent.parent / "txt" / path.parent.name / f"{name}.txt")

    def of_ljspeech(self, path: PurePosixPath) -> str | None:
        """From `metadata.csv` above `wavs`, whose lines are `LJ001-0001|as printed|as spoken`, without quotation."""

        def parse(line: str) -> tuple[str, str]:
            name, *texts = line.split("|")
            return name, texts[-1] if texts else ""

        return self.lookup(path.parent.parent / "metadata.csv", path.stem, parse)

    def of_fleurs(self, path: PurePosixPath) -> str | None:
        """From `de_de/dev.tsv` for `de_de/audio/dev/123.wav`, whose rows are a number, 123.wav, and the text."""

        def parse(line: str) -> tuple[str, str]:
            _, name, text, *_ = [*line.split("\t"), "", ""]
            return name, text

        folder = path.parent.parent
        folder = folder.parent if folder.name == "audio" else folder
        return self.lookup(folder / f"{path.parent.name}.tsv", path.name, parse)

    def of_any(self, path: PurePosixPath) -> str | None:
        """From a file beside the recording, or from a list like LJSpeech's, as many corpora of one speaker have it."""
        texts = (self.read(path.with_suffix(suffix)) for suffix in BESIDE)
        return next((text for text in texts if text and not TIMES.match(text)), None) or self.of_ljspeech(path)

    def read(self, path: PurePosixPath) -> str | None:
        name = path.as_posix()
        return " ".join("".join(self.tree.lines(name)).split()) if name in self.names else None

    def lookup(self, path: PurePosixPath, key: str, parse: Callable[[str], tuple[str, str]]) -> str | None:
        """What a list has for a key; `parse` makes key and text of a line."""
        name = path.as_posix()
        if name != self.list_name:
            # Before it is read: one that cannot be is told once.
            self.list_name, self.list_texts = name, {}
            lines = self.tree.lines(name) if name in self.names else ()
            self.list_texts = dict(parse(line.strip()) for line in lines)
        return self.list_texts.get(key)


def split_word(line: str) -> tuple[str, str]:
    """The first word, and the rest."""
    word, *rest = line.split(maxsplit=1) or [""]
    return word, "".join(rest)
