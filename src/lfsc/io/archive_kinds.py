"""What a file is compressed with, by the bytes that it begins with."""

from pathlib import Path
from typing import BinaryIO

KINDS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"PK\3\4": "zip",
    b"PK\5\6": "zip",  # with nothing in it
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
    b"\x04\x22\x4d\x18": "lz4",
}
SUFFIXES = (".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zip", ".zst", ".7z", ".rar", ".lz4")


def compression_of(path: Path | str) -> str | None:
    """The kind of compression; None of a file that is not compressed."""
    with open(path, "rb") as file:
        return compression_in(file)


def compression_in(file: BinaryIO) -> str | None:
    """The kind of what an open file begins with, which is then read from its beginning."""
    begin = file.read(6)
    file.seek(0)
    return next((kind for magic, kind in KINDS.items() if begin.startswith(magic)), None)
