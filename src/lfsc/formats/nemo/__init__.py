"""NeMo's archives, in and out."""

from pathlib import Path

from lfsc.formats.nemo.archive import Archive


def read(path: Path | str) -> Archive:
    """The codec, and the discriminators where it has them, of a .nemo archive."""
    return Archive(Path(path))
