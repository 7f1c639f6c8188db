"""Uncompressed audio in chunks: WAV, RF64, W64, AIFF, CAF, and AU and SPHERE, which have a header and one chunk."""

from collections.abc import Iterator
from typing import BinaryIO, Literal, NamedTuple

from lfsc.audio.containers import mp3
from lfsc.audio.containers.stream import Damage, Stream, find_inside

Order = Literal["little", "big"]


class Layout(NamedTuple):
    """A chunk has an id of `id_bytes`, a size of `size_bytes`, and begins at a multiple of `align` after `first`.

    One of samples has `least` bytes in front of them.
    """

    first: int
    id_bytes: int
    size_bytes: int
    order: Order
    align: int
    data: tuple[bytes, ...]  # ids of chunks of samples begin so
    counts_header: bool = False
    least: int = 0

    @property
    def header(self) -> int:
        return self.id_bytes + self.size_bytes


BW64 = b"BW64"
LAYOUTS = {
    b"RIFF": Layout(12, 4, 4, "little", 2, (b"data",)),
    b"RIFX": Layout(12, 4, 4, "big", 2, (b"data",)),
    b"RF64": Layout(12, 4, 4, "little", 2, (b"data",)),
    BW64: Layout(12, 4, 4, "little", 2, (b"data",)),
    b"FORM": Layout(12, 4, 4, "big", 2, (b"SSND", b"BODY"), least=8),
    b"riff": Layout(40, 16, 8, "little", 8, (b"data",), counts_header=True),
    b"caff": Layout(8, 4, 8, "big", 1, (b"data",), least=4),
}
AU: dict[bytes, Order] = {b".snd": "big", b"dns.": "little"}
SPHERE = b"NIST_1A"
SPHERE_HEADER = 1024
OTHERS = (*LAYOUTS, *AU, SPHERE[:4], b"fLaC", b"OggS")
MOST_CHUNKS = 10_000
# Behind the samples, of what is no chunk: tags, and what programs leave. More is sound that the header does not count.
MOST_BEHIND = 1 << 14
# WAVE_FORMAT_MPEGLAYER3 and WAVE_FORMAT_EXTENSIBLE of mmreg.h, and where the latter has the format that it extends.
MP3_IN_WAV, EXTENSIBLE, EXTENDED = 0x55, 0xFFFE, slice(24, 26)
# What programs write before they know the size, about, and never correct where they write to a pipe.
UNKNOWN, PIPE = 0xFFFF_FFFF, 0x7FFF_FFFF
# Of sizes of 8 bytes, so large that none is meant, such as -1.
UNKNOWN_LARGE = 1 << 62


class Chunk(NamedTuple):
    id: bytes
    size_at: int  # where its size stands
    start: int  # of its content
    size: int


class Head(NamedTuple):
    samples: Chunk
    large: int | None  # the size of the samples in RF64, which stands elsewhere
    coding: int  # of the samples, by its number in mmreg.h
    changes: dict[int, bytes]  # what is to stand in the header, by its place


def find_streams(file: BinaryIO, size: int) -> list[Stream] | None:
    """The one stream of such a file, None where it is none; Damage where its samples are cut off."""
    file.seek(0)
    head = file.read(SPHERE_HEADER)
    if head[:4] in LAYOUTS:
        return check_chunks(file, head[:4], size)
    if head[:4] in AU:
        start, claimed = (int.from_bytes(head[place : place + 4], AU[head[:4]]) for place in (4, 8))
        if not claimed and start < size:
            return [change_head(file, {8: b"\xff" * 4}, start, size)]
        return [check_data(file, start, size - start if claimed == UNKNOWN else claimed, size)]
    if head.startswith(SPHERE):
        if b",embedded-" in head:
            raise Damage("its samples are compressed, as by shorten, which is not read: unpack it by sph2pipe")
        return [check_data(file, *read_sphere(head, size), size)]
    return None


def check_chunks(file: BinaryIO, marker: bytes, size: int) -> list[Stream]:
    layout = LAYOUTS[marker]
    chunks = read_chunks(file, layout, size)
    head = read_head(file, marker, chunks)
    if head is None:
        return [Stream(0, size)]
    samples, large, coding, changes = head
    claimed = samples.size if large is None or samples.size != UNKNOWN else large
    if layout.size_bytes == 4 and large is None and is_unknown(claimed) and samples.start + claimed > size:
        return [Stream(0, size)]
    if claimed >= UNKNOWN_LARGE or (
        claimed <= layout.least and not ends_in_chunks(file, layout, samples.start + claimed, size)
    ):
        # As a program leaves it that was killed, or that writes to a pipe.
        claimed = size - samples.start
        counted = claimed + layout.header * layout.counts_header
        changes[samples.size_at] = min(counted, 256**layout.size_bytes - 1).to_bytes(layout.size_bytes, layout.order)
        if large is not None:
            changes[0] = b"RIFF"
    whole = check_data(file, samples.start, claimed, size, layout)
    for later in chunks:
        if later.id[:4] in OTHERS or later.id.startswith(layout.data):
            raise Damage(f"another recording follows at byte {later.size_at - layout.id_bytes}: split them")
    end = samples.start + claimed
    # Of MP3 in a WAV's chunk, decoders of WAV have but an estimate of its length.
    if coding == MP3_IN_WAV and (found := find_inside(file, samples.start, end, mp3.find_streams)):
        return found
    # In W64, libsndfile takes some of what follows for samples.
    return [change_head(file, changes, samples.start, end if layout.counts_header else whole.end)]


def read_head(file: BinaryIO, marker: bytes, chunks: Iterator[Chunk]) -> Head | None:
    """What is in front of the first chunk of samples, with which it ends; None where there are none."""
    layout = LAYOUTS[marker]
    large: int | None = None
    coding = 0
    changes: dict[int, bytes] = {}
    for chunk in chunks:
        if chunk.id == b"ds64":
            file.seek(chunk.start + 8)
            large = int.from_bytes(file.read(8), "little")
        if chunk.id.startswith(b"fmt "):
            file.seek(chunk.start)
            form = file.read(EXTENDED.stop)
            coding = int.from_bytes(form[:2], layout.order)
            if coding == EXTENSIBLE and layout.counts_header:
                # libsndfile takes whatever a W64 file extends for whole numbers, also where it is float.
                changes[chunk.start] = form[EXTENDED]
        if chunk.id.startswith(layout.data):
            if marker == BW64:
                # libsndfile knows it by its older name.
                changes[0] = b"RIFF" if large is None else b"RF64"
            return Head(chunk, large, coding, changes)
    return None


def change_head(file: BinaryIO, changes: dict[int, bytes], start: int, end: int) -> Stream:
    """The file up to `end`, with changes in front of `start`."""
    if not changes:
        return Stream(0, end)
    file.seek(0)
    head = bytearray(file.read(start))
    for place, content in changes.items():
        head[place : place + len(content)] = content
    return Stream(start, end, bytes(head))


def is_unknown(claimed: int) -> bool:
    return claimed > UNKNOWN - 256 or abs(claimed - PIPE) < 0x20000


def read_chunks(file: BinaryIO, layout: Layout, size: int, first: int | None = None) -> Iterator[Chunk]:
    place, header = layout.first if first is None else first, layout.header
    for _ in range(MOST_CHUNKS):
        if place + header > size:
            return
        file.seek(place)
        content = file.read(header)
        claimed = int.from_bytes(content[layout.id_bytes :], layout.order)
        if layout.counts_header:
            claimed = max(0, claimed - header)
        yield Chunk(content[: layout.id_bytes], place + layout.id_bytes, place + header, claimed)
        place += header + -(-claimed // layout.align) * layout.align


def ends_in_chunks(file: BinaryIO, layout: Layout, place: int, size: int) -> bool:
    """Whether from there on the file is nothing but chunks with names of letters."""
    end = place
    for chunk in read_chunks(file, layout, size, place):
        if not chunk.id[:4].isascii() or not chunk.id[:4].decode("ascii").isprintable():
            return False
        end = chunk.start + chunk.size
    return end <= size <= end + 1


def ends_in_zeros(file: BinaryIO, place: int) -> bool:
    """Whether there is nothing else from there on, as where a program has asked for room ahead."""
    file.seek(place)
    return not any(block.strip(b"\0") for block in iter(lambda: file.read(1 << 20), b""))


def read_sphere(head: bytes, size: int) -> tuple[int, int]:
    """Where the samples of a SPHERE file begin, and how many bytes they claim to be."""
    lines = head.decode("latin-1").split("\n")
    fields = {name: value for name, _, value in (line.split(" ", 2) for line in lines if line.count(" ") >= 2)}
    try:
        samples, sample_bytes, channels = (
            int(fields[name]) for name in ("sample_count", "sample_n_bytes", "channel_count")
        )
        return int(lines[1]), samples * sample_bytes * channels
    except (ValueError, KeyError, IndexError):
        return SPHERE_HEADER, max(0, size - SPHERE_HEADER)


def check_data(file: BinaryIO, start: int, claimed: int, size: int, layout: Layout | None = None) -> Stream:
    """The file, if its samples are all there and neither more of them nor another recording follows."""
    end = start + claimed
    if end > size:
        raise Damage(f"truncated, {max(0, size - start)} of {claimed} bytes of samples are there")
    # Padded to a multiple of at most eight bytes.
    file.seek(end)
    following = file.read(12)
    if any(following[pad : pad + 4] in OTHERS for pad in range(8)):
        raise Damage(f"another recording follows at byte {end}: split them")
    # As where a program was killed between two updates of the header, or where a size of 32 bits has overflowed.
    if (
        size - end > MOST_BEHIND
        and not (layout and any(ends_in_chunks(file, layout, end + pad, size) for pad in (0, -claimed % layout.align)))
        and not ends_in_zeros(file, end)
    ):
        raise Damage(
            f"its header claims {claimed} bytes of samples, and {size - end} more follow: write it anew, as ffmpeg "
            "does of a WAV with -ignore_length 1"
        )
    return Stream(0, size)
