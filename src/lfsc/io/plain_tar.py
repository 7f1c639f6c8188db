"""The members of a tar that anybody may have written, each checked against the file before anything is read of it.

Python's tarfile believes a header's size, allocates what it claims, follows records of pax without end, and takes a
damaged header for the end of the archive.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

BLOCK = 512
# POSIX's pax: where the fields of a header lie.
NAME, SIZE, CHECKSUM, KIND, MAGIC, PREFIX = (slice(0, 100), slice(124, 136), slice(148, 156), 156, slice(257, 263),
                                             slice(345, 500))  # fmt: skip
FILE, FOLDER = "file", "folder"
KINDS = {
    **dict.fromkeys(("0", "\0", "7"), FILE),
    **{"1": "hard link", "2": "symbolic link", "3": "device", "4": "device", "5": FOLDER, "6": "pipe"},
    "S": "sparse file",
}
# Before a member, for its sake: records of pax, for it or for all that follow, and long names as GNU writes them.
RECORDS, RECORDS_FOR_ALL, LONG_NAME, LONG_LINK = "x", "g", "L", "K"
LONGEST_HEADER = 1 << 16
MOST_DIGITS = 20
AT_ONCE = 1 << 20
# Records that change what a member is.
MEANINGFUL = ("path", "size")
SPARSE = "GNU.sparse."


class Member(NamedTuple):
    name: str
    kind: str  # "file", "folder", or the name of what else it is
    start: int  # of its content in the archive, in bytes
    size: int


def read_members(file: BinaryIO, *, whole: bool = True) -> Iterator[Member]:
    """The members of an uncompressed tar; ValueError where it is damaged, was cut off, or claims more than it has.

    What is not `whole`, but some members of one, needs no end mark.
    """
    total, place = file.seek(0, os.SEEK_END), 0
    pending: dict[str, str] = {}  # records of the next member
    while True:
        file.seek(place)
        header = file.read(BLOCK)
        if not header and not whole:
            return
        if len(header) < BLOCK:
            raise ValueError("it is empty" if total == 0 else "it was cut off, its end mark is missing")
        if not any(header):
            require_zeros(file)
            return
        kind, size = read_header(header, place)
        start, is_extra = place + BLOCK, kind in (RECORDS, RECORDS_FOR_ALL, LONG_NAME, LONG_LINK)
        if not is_extra and "size" in pending:
            size = parse_decimal(pending["size"])
        name = pending.get("path") or name_of(header)
        # Links and folders may tell the size of what they stand for.
        if KINDS.get(kind) not in (None, FILE, "sparse file") and not is_extra:
            size = 0
        if start + size > total or (is_extra and size > LONGEST_HEADER):
            raise ValueError(f"member {name[:100]!r} claims {size} bytes, {total - start} follow it")
        place = start + -(-size // BLOCK) * BLOCK
        if not is_extra:
            yield Member(name, describe_kind(kind, name, pending), start, size)
            pending = {}
        elif kind == LONG_NAME:
            pending["path"] = decode_text(file.read(size))
        elif kind != LONG_LINK:
            records = read_records(file.read(size))
            if kind == RECORDS:
                pending |= records
            elif any(name in MEANINGFUL or name.startswith(SPARSE) for name in records):
                raise ValueError("records that give all its members one name or size")


def require_zeros(file: BinaryIO) -> None:
    """ValueError where anything follows the end mark: a hole, or tars that were joined like texts."""
    while block := file.read(AT_ONCE):
        if any(block):
            raise ValueError(
                "more follows its end mark: a part of it was lost, or archives were joined without `tar --concatenate`"
            )


def read_header(header: bytes, place: int) -> tuple[str, int]:
    """The letter of a member's kind, and its size; ValueError where the checksum does not agree."""
    summed = header[: CHECKSUM.start] + b" " * 8 + header[CHECKSUM.stop :]
    # Some programs of old have added up signed bytes.
    negative = sum(256 for byte in summed if byte > 127) if max(summed) > 127 else 0
    if parse_octal(header[CHECKSUM]) not in (sum(summed), sum(summed) - negative):
        raise ValueError(f"a header with a wrong checksum at byte {place}")
    return chr(header[KIND]), parse_octal(header[SIZE])


def parse_octal(field: bytes) -> int:
    """A number of a header: octal digits, or GNU's binary for large ones; ValueError for one below zero."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:])
    digits = field.split(b"\0")[0].strip(b" ")
    if digits and not set(digits) <= set(b"01234567"):
        raise ValueError(f"a header with {field!r} where a number belongs")
    return int(digits or b"0", 8)


def parse_decimal(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise ValueError(f"a record with {digits[:MOST_DIGITS]!r} where a number belongs")
    return int(digits)


def name_of(header: bytes) -> str:
    name, prefix = decode_text(header[NAME]), decode_text(header[PREFIX])
    # In the form of GNU, other things stand in place of the prefix.
    return f"{prefix}/{name}" if prefix and header[MAGIC] == b"ustar\0" else name


def decode_text(field: bytes) -> str:
    """What stands before the first zero; of names that are not UTF-8 each byte as Python has it in paths."""
    return field.split(b"\0")[0].decode("utf-8", "surrogateescape")


def describe_kind(kind: str, name: str, pending: dict[str, str]) -> str:
    if any(record.startswith(SPARSE) for record in pending):
        return KINDS["S"]
    found = KINDS.get(kind, f"member of kind {kind!r}")
    return FOLDER if found == FILE and name.endswith("/") else found


def read_records(content: bytes) -> dict[str, str]:
    """The records of pax: each is its length in digits, a space, a name, =, a value and a line feed."""
    records, place = {}, 0
    while place < len(content) and content[place]:
        digits, _, rest = content[place : place + MOST_DIGITS].partition(b" ")
        length = parse_decimal(decode_text(digits))
        record = content[place + len(digits) + 1 : place + length]
        name, is_record, value = record.partition(b"=")
        if not (rest and is_record and record.endswith(b"\n") and place + length <= len(content)):
            raise ValueError("records that do not end where they say")
        records[decode_text(name)] = decode_text(value[:-1])
        place += length
    return records
