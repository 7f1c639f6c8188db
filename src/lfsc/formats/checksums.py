"""Checksums of a bundle's files: a flipped byte is reported, not loaded. Against accidents, not against people."""

import re
from pathlib import Path

from lfsc.config.values import require_section
from lfsc.io.compression import zlib
from lfsc.nn.arguments import brief

LINE = b"# crc32 of the lines above: "
STAMP = re.compile(re.escape(LINE) + rb"([0-9a-f]{8})\n*\Z")
AGAIN = "download or export it again"


def crc32_of(path: Path) -> str:
    checksum, block = 0, memoryview(bytearray(1 << 18))
    with path.open("rb", buffering=0) as file:
        while length := file.readinto(block):
            checksum = zlib.crc32(block[:length], checksum)
    return f"{checksum:08x}"


def add_stamp(text: str) -> str:
    """A text of whole lines with a last one that tells their checksum."""
    return f"{text}{LINE.decode()}{zlib.crc32(text.encode()):08x}\n"


def require_stamp(text: bytes, name: str) -> None:
    """ValueError where the last line of a text tells another checksum; without such a line there is none to hold to."""
    # Some tools end lines in their own way.
    text = text.replace(b"\r\n", b"\n")
    if stamp := STAMP.search(text):
        found = f"{zlib.crc32(text[: stamp.start()]):08x}"
        if found != stamp[1].decode():
            raise ValueError(
                f"{name} is not as it was written: its crc32 is {found}, its last line says {stamp[1].decode()}; "
                f"{AGAIN}, or remove that line if you changed it yourself"
            )


def require_checksum(path: Path, checksums: object) -> None:
    """ValueError where a file's checksum is not the one that `checksums` has of it, if it has one."""
    expected = require_section(checksums, "crc32").get(path.name)
    if expected is not None and (found := crc32_of(path)) != expected:
        raise ValueError(
            f"{path.name} is not as it was written: its crc32 is {found}, config.yaml says {brief(expected)}; {AGAIN}"
        )
