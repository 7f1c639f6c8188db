"""NeMo's tarred data sets: recordings in audio_0.tar, audio_1.tar … beside a manifest that says which is where."""

import re
from pathlib import Path

from .archives import Archive
from .utterance import File

MANIFEST = "tarred_audio_manifest.json"


class TarredDataset:
    """The tars in a folder, of which one is held open at a time: manifests list them one after the other."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch = folder, scratch
        self.name = ""
        self.latest: Archive | ValueError = ValueError("none was opened")

    def file(self, archive: str, member: str) -> File:
        """A recording in one of the tars; ValueError where it is not there, or the tar is damaged."""
        if archive != self.name:
            self.name, self.latest = archive, self.open_archive(self.folder / archive)
        if isinstance(self.latest, ValueError):
            raise self.latest
        # A recording of which a manifest names several parts is there once, under the name of the first.
        found = next(
            (name for name in (member, re.sub(r"-sub\d+(\.\w+)$", r"\1", member)) if name in self.latest), None
        )
        if found is None:
            raise ValueError(f"{member} is not in {self.folder / archive}")
        return self.latest.file(found)

    def open_archive(self, path: Path) -> Archive | ValueError:
        """The tar, or why it cannot be read, which goes for all that is in it."""
        try:
            return Archive(path, self.scratch)
        except ValueError as error:
            return error
        except FileNotFoundError:
            return ValueError(f"{path} is not there")
