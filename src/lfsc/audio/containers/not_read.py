"""What often has the name of a recording and is none that is read, by its first bytes."""

from typing import BinaryIO

from lfsc.io.archive_kinds import compression_in
from lfsc.io.stand_ins import describe_stand_in

CONVERT = "which is not read: convert it to .flac or .wav"
# Where in the file they are, the bytes, and what the file is.
BEGINNINGS = (
    (4, b"ftyp", f"MP4 (.m4a), {CONVERT}"),
    (0, b"\x1aE\xdf\xa3", f"Matroska or WebM, {CONVERT}"),
    (0, b"\xff\xf1", f"AAC, {CONVERT}"),
    (0, b"\xff\xf9", f"AAC, {CONVERT}"),
    (0, b"#!AMR", f"AMR, {CONVERT}"),
    (0, b"\0\0\1\xba", f"an MPEG video, {CONVERT}"),
    (0, b"0&\xb2u\x8ef\xcf\x11", f"Windows Media, {CONVERT}"),
    (0, b"wvpk", f"WavPack, {CONVERT}"),
    # libsndfile takes the headers between its blocks for samples.
    (0, b"Creative Voice File", f"VOC, {CONVERT}"),
)
LONGEST = 64


def describe_content(file: BinaryIO) -> str | None:
    """What the file is, and what to do, in half a sentence; None where it may be a recording."""
    file.seek(0)
    head = file.read(LONGEST)
    file.seek(0)
    if stand_in := describe_stand_in(head):
        return stand_in
    found = (kind for place, begin, kind in BEGINNINGS if head[place : place + len(begin)] == begin)
    compression = compression_in(file)
    return next(found, compression and f"compressed with {compression}: unpack it")
