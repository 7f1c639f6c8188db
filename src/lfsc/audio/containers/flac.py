"""FLAC (RFC 9639): its length as its last frame has it, which the header may not know, or not truly."""

import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from lfsc.audio.containers.stream import Damage, Stream
from lfsc.audio.containers.tags import ID3V1, measure_tag

# The marker and the STREAMINFO block with its header fill the first 42 bytes of every file.
MARKER, STREAMINFO_END = b"fLaC", 42
# In STREAMINFO: the smallest block, and the 36 bits of the number of samples with 28 of the form before them.
SMALLEST_BLOCK, FORM = slice(8, 10), slice(18, 26)
SAMPLES = (1 << 36) - 1
# In the latter, the bits behind the rate.
RATE_AT = 44
# Where another file of FLAC begins: the marker and the header of STREAMINFO.
ANOTHER = MARKER + bytes([0, 0, 0, 34])
# A frame is hardly ever longer; where it is, more is looked at, up to a size that only four channels or more reach.
TAIL, LONGEST_TAIL = 1 << 15, 1 << 20
SYNC = re.compile(rb"\xff[\xf8\xf9]")
VARIABLE = 1
# In Hz, by their codes in the headers of frames.
RATES = dict(enumerate((88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000), 1))
# In Hz and bytes, by the codes of rates that stand at the end of the header.
UNITS = {12: (1000, 1), 13: (1, 2), 14: (10, 2)}
LONGEST_HEADER = 16
BLOCK = 1 << 20


class Frame(NamedTuple):
    """Where a frame begins in some bytes, the sample after its last, and its rate in Hz, None where it says none."""

    place: int
    stop: int
    rate: int | None


def find_streams(file: BinaryIO, size: int) -> list[Stream] | None:
    """The one stream of a FLAC file with its true length, None where it is none.

    Damage where it is cut off, or where its header and its frames have different rates.
    """
    file.seek(0)
    head = file.read(STREAMINFO_END)
    if head[:4] != MARKER or len(head) < STREAMINFO_END:
        return None
    form, claimed = divmod(int.from_bytes(head[FORM]), SAMPLES + 1)
    end = without_tag(file, size)
    last = find_last_frame(file, end, int.from_bytes(head[SMALLEST_BLOCK]), claimed)
    if last is None:
        raise Damage("truncated, it does not end with a whole frame")
    # Before the channels and the bits of a sample.
    rate, found = form >> 8, last.stop
    if last.rate not in (None, rate):
        raise Damage(f"damaged, its header says {rate} Hz and its last frame {last.rate} Hz: encode it again")
    if found < claimed < SAMPLES:
        raise Damage(f"truncated, {found} of {claimed} samples are there")
    if found == claimed:
        return [Stream(0, size)]
    return [Stream(STREAMINFO_END, end, head[: FORM.start] + (form << 36 | found).to_bytes(8) + head[FORM.stop :])]


def require_single(file: BinaryIO) -> None:
    """Damage where another FLAC file follows the first, or where its rate changes, which no decoder minds."""
    file.seek(0)
    before = file.read(STREAMINFO_END)
    rate = int.from_bytes(before[FORM]) >> RATE_AT
    place = STREAMINFO_END
    while file.seek(place) and (block := file.read(BLOCK)):
        content, start = before + block, place - len(before)
        if (found := content.find(ANOTHER, 1)) >= 0:
            raise Damage(f"another FLAC file follows at byte {start + found}: split them")
        for frame in find_frames(content, 1):
            if frame.rate not in (None, rate) and is_frame(file, start + frame.place):
                raise Damage(f"its rate changes from {rate} to {frame.rate} Hz at byte {start + frame.place}: split it")
        place, before = place + len(block), block[1 - LONGEST_HEADER :]


def is_frame(file: BinaryIO, place: int) -> bool:
    """Whether what looks like the header of a frame is one: by the checksum of all of the frame, before another."""
    file.seek(place)
    content = file.read(2 * TAIL)
    ends = {frame.place for frame in find_frames(content, 1)}
    return any(remainder == 0 and end in ends for end, remainder in enumerate(crc16s(content), 1))


def crc8(content: bytes) -> int:
    """The checksum by the polynomial x^8 + x^2 + x + 1."""
    remainder = 0
    for byte in content:
        remainder = CRC8[remainder ^ byte]
    return remainder


def without_tag(file: BinaryIO, size: int) -> int:
    """Where the file ends but for an ID3v1 tag."""
    file.seek(max(0, size - ID3V1))
    return size - ID3V1 if file.read(3) == b"TAG" and size > ID3V1 else size


def find_last_frame(file: BinaryIO, end: int, smallest_block: int, claimed: int) -> Frame | None:
    """The frame that ends with sample `claimed`, or else the one that ends the file."""
    tail = TAIL
    while True:
        file.seek(max(STREAMINFO_END, end - tail))
        content = file.read(end - file.tell())
        frames = list(find_frames(content, smallest_block))
        if claimed and (last := next((frame for frame in frames if frame.stop == claimed), None)):
            require_end(content[last.place :])
            return last
        budget = 2 * LONGEST_TAIL
        for frame in frames:
            budget -= len(content) - frame.place
            if budget > 0 and crc16(content[frame.place :]) == 0:
                return frame
        if tail >= min(end, LONGEST_TAIL):
            return None
        tail *= 32


def find_frames(content: bytes, smallest_block: int) -> Iterator[Frame]:
    """What seem to be frames in some bytes, the last first."""
    for place in reversed([found.start() for found in SYNC.finditer(content)]):
        frame = parse_header(content[place : place + LONGEST_HEADER], place, smallest_block)
        if frame is not None:
            yield frame


def parse_header(header: bytes, place: int, smallest_block: int) -> Frame | None:
    """The frame at `place` with this header; None where it is none."""
    if len(header) < 6:
        return None
    size_code, rate_code = header[2] >> 4, header[2] & 15
    # The number is coded as UTF-8 codes characters, up to 36 bits.
    ones = next((count for count in range(8) if not header[4] << count & 0x80), 8)
    if ones in (1, 8) or size_code == 0 or rate_code == 15:
        return None
    count = max(1, ones)
    number = header[4] & (0x7F >> ones)
    for byte in header[5 : 4 + count]:
        number = number << 6 | byte & 0x3F
    unit, rate_bytes = UNITS.get(rate_code, (0, 0))
    size_at = 4 + count
    rate_at = size_at + {6: 1, 7: 2}.get(size_code, 0)
    end = rate_at + rate_bytes
    if end >= len(header) or crc8(header[:end]) != header[end]:
        return None
    if rate_at > size_at:
        block = int.from_bytes(header[size_at:rate_at]) + 1
    elif size_code >= 8:
        block = 256 << size_code - 8
    else:
        block = 192 if size_code == 1 else 576 << size_code - 2
    stop = (number if header[1] & VARIABLE else number * smallest_block) + block
    return Frame(place, stop, unit * int.from_bytes(header[rate_at:end]) if unit else RATES.get(rate_code))


def require_end(content: bytes) -> None:
    """Damage where more than tags and zeros follows the frame that begins so, or where that is not whole."""
    ends = [place for place, remainder in enumerate(crc16s(content), 1) if remainder == 0]
    if not ends:
        raise Damage("truncated or damaged, its last frame is not whole")
    if not any(is_no_audio(content[end:]) for end in ends):
        raise Damage("another recording or other data follow its last frame: split them")


def is_no_audio(content: bytes) -> bool:
    """Whether some bytes are nothing but tags and zeros."""
    while tag := measure_tag(content):
        content = content[tag:]
    return not content.strip(b"\0")


def crc16(content: bytes) -> int:
    """The checksum by the polynomial x^16 + x^15 + x^2 + 1: 0 for a whole frame, which ends with its own."""
    return deque(crc16s(content), maxlen=1).pop()


def crc16s(content: bytes) -> Iterator[int]:
    """The checksums up to each byte."""
    remainder = 0
    for byte in content:
        remainder = (remainder << 8 & 0xFF00) ^ CRC16[remainder >> 8 ^ byte]
        yield remainder


def compute_remainders(polynomial: int, bits: int) -> list[int]:
    """The remainders of every byte followed by zeros."""
    found = []
    for byte in range(256):
        remainder = byte << bits - 8
        for _ in range(8):
            remainder = remainder << 1 ^ (polynomial if remainder >> bits - 1 else 0)
        found.append(remainder)
    return found


CRC8, CRC16 = compute_remainders(0x107, 8), compute_remainders(0x18005, 16)
