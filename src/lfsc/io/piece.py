"""A part of a file as a file of its own."""

import io
import os
from typing import BinaryIO


class Piece(io.RawIOBase):
    """`size` bytes from `start` of an open file, as a file of its own that reads no more than it is asked for."""

    def __init__(self, file: BinaryIO, start: int, size: int):
        self.file = file
        self.start = start
        self.size = size
        self.position = 0

    def part(self, start: int, size: int) -> "Piece":
        return Piece(self.file, self.start + start, size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.position = offset + (0, self.position, self.size)[whence]
        return self.position

    def readinto(self, buffer) -> int:
        wanted = memoryview(buffer)[: max(0, self.size - self.position)]
        count = os.preadv(self.file.fileno(), [wanted], self.start + self.position)
        self.position += count
        return count
