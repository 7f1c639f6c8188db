"""Files inside a tar, read where they lie."""

import io
import os
import tarfile
from typing import BinaryIO

BLOCK = tarfile.BLOCKSIZE


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


class LoadedPiece(io.BytesIO):
    """The same for bytes that were fetched at once, as from object storage."""

    def part(self, start: int, size: int) -> "LoadedPiece":
        return LoadedPiece(self.getbuffer()[start : start + size])


def members(piece: Piece | LoadedPiece) -> dict[str, Piece | LoadedPiece]:
    """The files in a piece of a tar, by their names; only headers are read."""
    found, start, end = {}, 0, piece.seek(0, io.SEEK_END)
    while start < end:
        piece.seek(start)
        header = piece.read(BLOCK)
        if header[156:157] not in b"0\0" or header[257:262] != b"ustar" or header[345]:
            return members_by_tarfile(piece)
        name, size = header[:100].rstrip(b"\0").decode(), int(header[124:136].rstrip(b"\0 "), 8)
        found[name] = piece.part(start + BLOCK, size)
        start += BLOCK + -(-size // BLOCK) * BLOCK
    return found


def members_by_tarfile(piece: Piece | LoadedPiece) -> dict[str, Piece | LoadedPiece]:
    """The same ten times slower, with long names and whatever else a tar may hold."""
    piece.seek(0)
    with tarfile.open(fileobj=piece, mode="r:") as tar:
        return {member.name: piece.part(member.offset_data, member.size) for member in tar if member.isfile()}
