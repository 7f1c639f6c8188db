"""A part of a file that is a recording by itself."""

import io
from collections.abc import Callable
from typing import BinaryIO, NamedTuple, cast

from lfsc.io.file_slice import FilePart


class Damage(ValueError):
    """What is wrong with the bytes of a recording, in half a sentence."""


class Stream(NamedTuple):
    """The bytes of a file from `start` to `end`, with `head` in front of them, which may be empty."""

    start: int
    end: int
    head: bytes = b""

    def is_whole(self, size: int) -> bool:
        """Whether it is just the file of `size` bytes."""
        return not self.head and (self.start, self.end) == (0, size)


class StreamFile(FilePart):
    """A stream as a file of its own; the one that it lies in stays open."""

    def __init__(self, file: BinaryIO, stream: Stream):
        super().__init__(len(stream.head) + stream.end - stream.start)
        self.file = file
        self.stream = stream

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        # libsndfile may look for a place before the first byte, where a header says so.
        self.position = max(0, super().seek(offset, whence))
        return self.position

    def readinto(self, buffer) -> int:
        head, start, end = self.stream.head, self.stream.start, self.stream.end
        if self.position < len(head):
            content = head[self.position : self.position + len(buffer)]
        else:
            place = start + self.position - len(head)
            self.file.seek(place)
            content = self.file.read(max(0, min(len(buffer), end - place)))
        buffer[: len(content)] = content
        self.position += len(content)
        return len(content)


def find_inside(
    file: BinaryIO, start: int, end: int, find: Callable[[BinaryIO, int], list[Stream] | None]
) -> list[Stream]:
    """What `find` finds in the bytes of a file from `start` to `end`, by the places in the file."""
    inner = StreamFile(file, Stream(start, end))
    found = find(cast(BinaryIO, inner), inner.size) or ()
    return [stream._replace(start=stream.start + start, end=stream.end + start) for stream in found]
