"""Crops of FLAC files as data_prep writes them: only the frames that a crop touches are read, and decoded by dr_flac.

That takes half of libFLAC's time, which decodes every other file, and gives the same samples.
"""

import io
from collections.abc import Callable, Sequence
from typing import BinaryIO

import numpy
from numpy.typing import NDArray

from ..audio import files
from ..audio.files import AudioInfo, Rows, UnreadableAudio

try:
    import miniaudio
except ModuleNotFoundError:
    miniaudio = None

# RFC 9639: the marker; the STREAMINFO block, whose header is 4 bytes; the header of the block after it; its content.
MARKER, STREAMINFO, NEXT_BLOCK, POINTS = b"fLaC", 4, 42, 46
SEEK_TABLE, LAST_BLOCK, POINT_BYTES = 3, 0x80, 18
MONO_16_BIT = 15
# Read at once: the metadata of 80 s are less.
HEAD_BYTES = 8192


def read_rows(source: bytes | BinaryIO, rows: Rows, *, starts: Callable[[AudioInfo], Sequence[int]]) -> list[int]:
    """What audio.files.read_rows does, and is left to do for files of other kinds."""
    try:
        flac = flac_in(io.BytesIO(source) if isinstance(source, bytes) else source)
        if flac is None or miniaudio is None:
            return files.read_rows(source, rows, starts=starts)
        places = zip(rows, starts(flac.info), strict=True)
        return [flac.read_into(row, start) for row, start in places]
    except OSError as error:
        raise UnreadableAudio(f"recording: {error.strerror or error}") from error


def flac_in(file: BinaryIO) -> "Flac | None":
    """None if the file is not mono FLAC of 16 bits with a table of all its frames."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if head[:4] != MARKER or head[NEXT_BLOCK : NEXT_BLOCK + 1] != bytes([SEEK_TABLE]):
        return None
    if (missing := POINTS + int.from_bytes(head[NEXT_BLOCK + 1 : POINTS]) + HEAD_BYTES // 2 - len(head)) > 0:
        head += file.read(missing)
    flac = Flac(file, head)
    return flac if flac.is_regular else None


class Flac:
    """A FLAC file of which `head` was read, all of the metadata; `info` is what it says."""

    def __init__(self, file: BinaryIO, head: bytes):
        self.file = file
        self.head = head
        # 20 bits of rate, 3 of channels - 1, 5 of bits - 1, 36 of samples.
        self.form, num_samples = divmod(int.from_bytes(head[18:26]), 1 << 36)
        self.info = AudioInfo(self.form >> 8, num_samples, 1, "FLAC", "PCM_16")
        self.block_size = int.from_bytes(head[8:10])
        self.points = int.from_bytes(head[NEXT_BLOCK + 1 : POINTS]) // POINT_BYTES
        self.audio_start = audio_start(head)

    @property
    def is_regular(self) -> bool:
        """Mono, 16 bits, with a point for each frame of the one size; the last is shorter and need not have one."""
        frames = self.block_size and divmod(self.info.num_samples, self.block_size)
        return bool(
            self.form & 0xFF == MONO_16_BIT
            and self.head[8:10] == self.head[10:12]
            and frames
            and 0 < self.points in (frames[0], frames[0] + (frames[1] > 0))
            and self.audio_start
        )

    def read_into(self, row: NDArray[numpy.float32], start: int) -> int:
        """How many samples the file has from `start` for the row; UnreadableAudio if not all of them decode."""
        wanted = min(len(row), self.info.num_samples - start)
        # The shorter frame at the end may have no point.
        first = min(start // self.block_size, self.points - 1)
        last = -(-(start + wanted) // self.block_size)
        skipped = start - first * self.block_size
        decoded = self.decode(first, last)[skipped : skipped + wanted]
        if len(decoded) < wanted:
            raise UnreadableAudio(f"recording: truncated, {len(decoded)} of {wanted} samples decode")
        numpy.divide(decoded, 32768, out=row[:wanted], dtype=numpy.float32)
        return wanted

    def decode(self, first: int, last: int) -> NDArray[numpy.int16]:
        """The samples of the frames from `first` to before `last`; fewer if some are damaged, which have checksums."""
        begin = self.offset(first)
        self.file.seek(begin)
        frames = self.file.read(self.offset(last) - begin if last < self.points else -1)
        # In a file of their own, with our STREAMINFO, but as many samples as they have and the checksum 0 for none.
        samples = min(last * self.block_size, self.info.num_samples) - first * self.block_size
        header = MARKER + bytes([LAST_BLOCK]) + self.head[STREAMINFO + 1 : 18] + (self.form << 36 | samples).to_bytes(8)
        try:
            return numpy.frombuffer(miniaudio.flac_read_s16(header + bytes(16) + frames).samples, dtype=numpy.int16)
        except miniaudio.DecodeError:
            return numpy.empty(0, dtype=numpy.int16)

    def offset(self, frame: int) -> int:
        """Where it begins in the file."""
        place = POINTS + POINT_BYTES * frame
        if int.from_bytes(self.head[place : place + 8]) != frame * self.block_size:
            raise UnreadableAudio(f"recording: its table of frames is damaged at frame {frame}")
        return self.audio_start + int.from_bytes(self.head[place + 8 : place + 16])


def audio_start(head: bytes) -> int | None:
    """Where the metadata end, if that is in the head."""
    block = STREAMINFO
    while block + 4 <= len(head):
        end = block + 4 + int.from_bytes(head[block + 1 : block + 4])
        if head[block] & LAST_BLOCK:
            return end
        block = end
    return None
