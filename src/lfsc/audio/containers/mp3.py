"""MPEG audio, layers I to III: its length as its frames have it, which a header may not say, or not truly."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from lfsc.audio.containers.stream import Damage, Stream
from lfsc.audio.containers.tags import ID3V1, measure_tag

# ISO 11172-3 and 13818-3: kbit/s by (first version, layer), Hz by version, without the codes for none.
BITRATES = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
LAYERS = {3: 1, 2: 2, 1: 3}
MONO = 3
LAYER, LAYER_3 = 3 << 17, 1 << 17
HEADER = 4
# The bits of a header that are the same in all frames of a stream: sync, version, layer, and rate.
FORM = 0xFFFE0C00
# The flag of a summary that its first field is there, the number of frames.
HAS_FRAMES = 1
SUMMARY_BYTES = 64
# How far a frame may be searched for where there should be one.
SEARCHED, BLOCK = 1 << 20, 1 << 16
# Of the frames, or of so many, before which there may be other bytes, such as tags: else they are not one recording.
MOST_GAPS, LEAST_FRAMES = 0.05, 60
# So many frames in a row are no chance, wherever they begin.
SURE = 4


class Frame(NamedTuple):
    start: int
    form: int
    size: int
    samples: int
    claimed: int | None  # frames that a summary (Xing, Info, VBRI) counts after this one, which then has no audio
    is_summary: bool


def find_streams(file: BinaryIO, size: int, start: int = 0) -> list[Stream] | None:
    """The streams of an MP3 file, which has tags of `start` bytes, None where it is none; Damage where one is cut off.

    Each begins with a summary that counts its frames: its own if that is true, else another. What is in front of the
    first frame, as where a broadcast was cut, is passed over.
    """
    frames = read_frames(file, start, size)
    first = next(frames, None)
    if first is None or not (first.is_summary or is_followed(file, first, size)):
        return None
    if first.start > start and not is_followed(file, first, size, times=SURE):
        return None
    streams, opening, count, last = [], first, 0 if first.is_summary else 1, first
    total = gaps = 0
    for frame in frames:
        total, gaps = total + 1, gaps + (frame.start > last.start + last.size)
        if frame.form != first.form:
            raise Damage(f"its rate or kind changes at byte {frame.start}: split it there")
        if frame.is_summary:
            streams.append(make_stream(file, opening, count, last))
            opening, count = frame, -1
        count, last = count + 1, frame
    if gaps > MOST_GAPS * max(total, LEAST_FRAMES):
        raise Damage(f"damaged, or the sound of a video: other bytes are between its frames in {gaps} places")
    if last.start + last.size > size:
        if count > 1 and opening.claimed is not None and count - 1 >= opening.claimed:
            count -= 1
        else:
            raise Damage(f"truncated, its last frame lacks {last.start + last.size - size} of {last.size} bytes")
    streams.append(make_stream(file, opening, count, last._replace(size=min(last.size, size - last.start))))
    return streams


def make_stream(file: BinaryIO, opening: Frame, count: int, last: Frame) -> Stream:
    """From its opening frame to its last, `count` frames of audio in all."""
    end, claimed = last.start + last.size, opening.claimed
    # Some encoders count the summary, too.
    if claimed is not None and claimed > count + 1:
        raise Damage(f"truncated, {count} of {claimed} frames are there")
    if count == 0:
        raise Damage("it has no frame of audio")
    if (claimed is not None and claimed >= count) or opening.form & LAYER != LAYER_3:
        return Stream(opening.start, end)
    start = opening.start + opening.size if opening.is_summary else opening.start
    return Stream(start, end, make_summary(file, opening, count))


def make_summary(file: BinaryIO, opening: Frame, count: int) -> bytes:
    """A frame like the opening one that counts `count` frames after it."""
    file.seek(opening.start)
    header = int.from_bytes(file.read(HEADER)) | 1 << 16
    # The largest frame of the form, so that the count fits in; without a checksum.
    header = header & ~0xF000 | 14 << 12
    frame = parse_header(header, 0)
    assert frame is not None  # as of the opening frame's header
    place = find_summary(header)
    content = header.to_bytes(4).ljust(place, b"\0") + b"Info" + HAS_FRAMES.to_bytes(4) + count.to_bytes(4)
    return content.ljust(frame.size, b"\0")


def read_frames(file: BinaryIO, place: int, size: int) -> Iterator[Frame]:
    """The frames of a file in their order; tags and other bytes between them are passed over."""
    form = None
    while place + HEADER <= size:
        file.seek(place)
        content = file.read(HEADER + SUMMARY_BYTES)
        frame = parse_header(int.from_bytes(content[:HEADER]), place)
        if frame is None or (form is not None and frame.form != form and not is_followed(file, frame, size)):
            following = pass_over(file, content, place, size, form)
            if following is None:
                return
            place = following
            continue
        form = frame.form
        frame = with_summary(frame, content)
        yield frame
        place += frame.size


def parse_header(header: int, place: int) -> Frame | None:
    """The frame with this header of 32 bits."""
    version, layer = header >> 19 & 3, LAYERS.get(header >> 17 & 3)
    bitrate, rate = header >> 12 & 15, header >> 10 & 3
    if header >> 21 != 0x7FF or version == 1 or layer is None or bitrate in (0, 15) or rate == 3:
        return None
    first = version == 3
    samples = 384 if layer == 1 else 576 if layer == 3 and not first else 1152
    slot = 4 if layer == 1 else 1
    slots = samples // 8 // slot * 1000 * BITRATES[first, layer][bitrate - 1] // RATES[version][rate]
    return Frame(place, header & FORM, (slots + (header >> 9 & 1)) * slot, samples, None, False)


def with_summary(frame: Frame, content: bytes) -> Frame:
    place = find_summary(int.from_bytes(content[:HEADER]))
    if content[place : place + 4] in (b"Xing", b"Info"):
        has_frames = int.from_bytes(content[place + 4 : place + 8]) & HAS_FRAMES
        claimed = int.from_bytes(content[place + 8 : place + 12]) if has_frames else None
        return frame._replace(is_summary=True, claimed=claimed)
    if content[36:40] == b"VBRI":
        return frame._replace(is_summary=True, claimed=int.from_bytes(content[50:54]))
    return frame


def find_summary(header: int) -> int:
    """Where a summary stands in a frame of layer III: after its side information."""
    first, mono = header >> 19 & 3 == 3, header >> 6 & 3 == MONO
    return HEADER + ((17 if mono else 32) if first else (9 if mono else 17))


def pass_over(file: BinaryIO, content: bytes, place: int, size: int, form: int | None) -> int | None:
    """Where to look for the next frame, where none is at `place`; None if there is none."""
    tag = measure_tag(content)
    if tag and (tag != ID3V1 or place + tag >= size):
        return place + tag
    end = min(size, place + SEARCHED)
    while place < end:
        file.seek(place)
        block = file.read(BLOCK)
        found = -1
        while (found := block.find(b"\xff", found + 1)) >= 0:
            frame = parse_header(int.from_bytes(block[found : found + HEADER]), place + found)
            if frame and form in (None, frame.form) and is_followed(file, frame, size):
                return frame.start
        place += max(1, len(block) - HEADER)
    return None


def is_followed(file: BinaryIO, frame: Frame, size: int, *, times: int = 1) -> bool:
    """Whether so many frames of the same form follow this one, or fewer and then the file ends."""
    for _ in range(times):
        place = frame.start + frame.size
        if place == size:
            return True
        file.seek(place)
        after = parse_header(int.from_bytes(file.read(HEADER)), place)
        if after is None or after.form != frame.form:
            return False
        frame = after
    return True
