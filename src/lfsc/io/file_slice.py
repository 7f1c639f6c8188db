"""Parts of files, read by themselves."""

import io
import os
from pathlib import Path
from typing import BinaryIO


def read_slice(path: Path | str, start: int, size: int) -> bytes:
    """`size` bytes of a file from `start` on, fewer where it ends before."""
    with open(path, "rb") as file:
        file.seek(start)
        return file.read(size)


class FilePart(io.RawIOBase):
    """`size` bytes that can be read at any place; which they are is for `readinto` to say."""

    def __init__(self, size: int):
        self.size = size
        self.position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.position = offset + (0, self.position, self.size)[whence]
        return self.position


class FileSlice(FilePart):
    """`size` bytes from `start` of an open file, read without more than is asked for."""

    def __init__(self, file: BinaryIO, start: int, size: int):
        super().__init__(size)
        self.file = file
        self.start = start

    def part(self, start: int, size: int) -> "FileSlice":
        return FileSlice(self.file, self.start + start, size)

    def readinto(self, buffer) -> int:
        wanted = memoryview(buffer)[: max(0, self.size - self.position)]
        count = os.preadv(self.file.fileno(), [wanted], self.start + self.position)
        self.position += count
        return count
