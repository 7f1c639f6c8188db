"""Recordings in tars beside lists that say which is where, as NeMo's tarred data sets and lhotse's Shar have them."""

import re
from collections.abc import Iterator
from pathlib import Path

from .archives import Archive
from .utterance import File


class TarredDataset:
    """The tars in a folder, of which one is held open at a time: lists name them one after the other."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch = folder, scratch
        self.name = ""
        self.latest: Archive | ValueError = ValueError("none was opened")

    def names(self, archive: str) -> Iterator[str]:
        """What is in one of the tars; ValueError where it is not there or damaged."""
        return self.hold(archive).names()

    def file(self, archive: str, path: str) -> File:
        """A recording in one of the tars, by its path from the folder on; ValueError where it is not there."""
        tar, member = self.hold(archive), path.removeprefix(archive[: archive.rfind("/") + 1])
        # A recording of which a manifest names several parts is there once, under the name of the first.
        found = next((name for name in (member, re.sub(r"-sub\d+(\.\w+)$", r"\1", member)) if name in tar), None)
        if found is None:
            raise ValueError(f"{member} is not in {self.folder / archive}")
        return tar.file(found)

    def hold(self, archive: str) -> Archive:
        if archive != self.name:
            self.name, self.latest = archive, self.open_archive(self.folder / archive)
        if isinstance(self.latest, ValueError):
            raise self.latest
        return self.latest

    def open_archive(self, path: Path) -> Archive | ValueError:
        """The tar, or why it cannot be read, which goes for all that is in it."""
        try:
            return Archive(path, self.scratch)
        except ValueError as error:
            return error
        except FileNotFoundError:
            return ValueError(f"{path} is not there")
