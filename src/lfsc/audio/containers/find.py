"""The recordings that a file holds, whatever its container."""

import io
from typing import BinaryIO

from lfsc.audio.containers import chunks, flac, mp3, ogg
from lfsc.audio.containers.stream import Stream, find_inside
from lfsc.audio.containers.tags import LONGEST_HEADER, measure_tag


def find_streams(file: BinaryIO) -> list[Stream]:
    """One recording after the other, each to be decoded by itself; just the file where its container is not known.

    Lengths are those of the samples that are there. Damage where a recording is cut off.
    """
    size = file.seek(0, io.SEEK_END)
    tags = measure_tags(file, size)
    found = find_in_container(file, size) or mp3.find_streams(file, size, tags)
    if found is None and tags:
        found = find_inside(file, tags, size, find_in_container)
    return found or [Stream(0, size)]


def find_in_container(file: BinaryIO, size: int) -> list[Stream] | None:
    return chunks.find_streams(file, size) or ogg.find_streams(file, size) or flac.find_streams(file, size)


def measure_tags(file: BinaryIO, size: int) -> int:
    """The size of the tags that a file begins with."""
    place = 0
    while place < size:
        file.seek(place)
        tag = measure_tag(file.read(LONGEST_HEADER))
        if not tag:
            return place
        place += tag
    return 0


def require_single(file: BinaryIO) -> None:
    """Damage where more follows that no decoder of the format reads; the file is read to its end."""
    file.seek(0)
    if file.read(len(flac.MARKER)) == flac.MARKER:
        flac.require_single(file)
