"""Files of text as lines, compressed or not, and never more of them than memory and time hold."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lfsc.io.archive_kinds import compression_in

EXPECTED = "expected text in UTF-8 (jsonl, csv or tsv)"
# In characters: a compressed file may hold a thousand times its size.
LONGEST_LINE = 1 << 24
# How many times its size, and how many bytes beyond that: lists of recordings have no more than some forty times.
MOST_UNPACKED, UNPACKED_BEYOND = 200, 1 << 20


def read_lines(manifest: Path) -> Iterator[str]:
    """The lines of a manifest, compressed by gzip or not; ValueError where they are no UTF-8, or too long."""
    try:
        with manifest.open("rb") as file:
            yield from lines_in(file, manifest)
    except UnicodeError as error:
        raise ValueError(f"{manifest} is not a manifest: {EXPECTED}") from error


def lines_in(file: BinaryIO, name: object) -> Iterator[str]:
    """The lines of an open file, compressed by gzip or not; ValueError, which names it, where they are too long.

    UnicodeError where they are neither UTF-8 nor, as its first two bytes then say, UTF-16.
    """
    content = Unpacked(fileobj=file) if compression_in(file) == "gzip" else file
    try:
        # As programs of Windows write it, among them Excel.
        encoding = "utf-16" if content.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
        content.seek(0)
        # Only a line feed ends a line: texts hold whatever else Unicode takes for an end.
        lines = io.TextIOWrapper(content, encoding=encoding, newline="\n")
        for number, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE + 1), "")):
            if len(line) > LONGEST_LINE:
                raise ValueError(f"{name} is not a manifest: it has a line of over {LONGEST_LINE} characters")
            # Such as the header of an archive, after which any number of lines may come.
            if number == 0 and "\0" in line:
                raise ValueError(f"{name} is not a manifest: {EXPECTED}")
            yield line
    except Bomb as error:
        raise ValueError(f"{name} is not a manifest: it unpacks to over {MOST_UNPACKED} times its size") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{name} is damaged ({error}): compress or download it again") from error


class Bomb(Exception):
    """A file that a few bytes make large."""


class Unpacked(gzip.GzipFile):
    """Raises Bomb before there are lines without end."""

    def read1(self, size: int = -1) -> bytes:
        content = super().read1(size)
        read = self.fileobj.tell()  # type: ignore[union-attr]  # a binary file, as given
        if self.tell() > MOST_UNPACKED * read + UNPACKED_BEYOND:
            raise Bomb
        return content
