import io
from itertools import zip_longest

import pytest
import soundfile

from lfsc.audio.containers import ogg
from lfsc.audio.containers.ogg_pages import STREAM, read_pages, with_checksum
from lfsc.audio.containers.stream import Damage, Stream
from lfsc.audio.recording import open_recording


def find(content: bytes) -> list[Stream] | None:
    return ogg.find_streams(io.BytesIO(content), len(content))


def last_page(content: bytes) -> int:
    return content.rindex(b"OggS")


def test_streams_lie_one_behind_the_other(encode):
    first, second = encode("vorbis"), encode("opus")
    assert find(first + second) == [Stream(0, len(first)), Stream(len(first), len(first + second))]


def test_a_stream_that_does_not_end_is_truncated(encode):
    content = encode("vorbis")
    for cut in (content[: last_page(content)], content[: last_page(content)] + content):
        with pytest.raises(Damage, match="truncated, "):
            find(cut)


def test_what_lies_between_pages_is_damage_and_behind_the_last_is_not(encode):
    content = encode("vorbis")
    place = last_page(content)
    with pytest.raises(Damage, match=f"no page of Ogg at byte {place} of"):
        find(content[:place] + b"?" + content[place:])
    assert find(content + b"TAG" + bytes(125)) == [Stream(0, len(content))]


@pytest.mark.parametrize("kinds", [("vorbis", "vorbis"), ("opus", "opus"), ("vorbis", "opus")])
def test_tracks_beside_each_other_are_refused(encode, kinds):
    first, second = (
        [page.content for page in read_pages(io.BytesIO(content), 0, len(content))] for content in map(encode, kinds)
    )
    # Each track has a number of its own.
    second = [with_checksum(page[: STREAM.start] + b"\7\7\7\7" + page[STREAM.stop :]) for page in second]
    mixed = b"".join(b"".join(pair) for pair in zip_longest(first, second, fillvalue=b""))
    for content in (mixed, first[0] + b"".join(second[1:])):
        with pytest.raises(Damage, match=f"of several tracks: at byte {len(first[0])} another stream begins"):
            find(content)


@pytest.mark.parametrize("kind", ["vorbis", "opus"])
def test_a_page_whose_checksum_is_wrong_is_damage(encode, kind):
    content = bytearray(encode(kind))
    place = last_page(bytes(content))
    content[-5] ^= 1
    with pytest.raises(Damage, match=f"damaged, the checksum of its page at byte {place} is wrong"):
        find(bytes(content))


def without_rate(content: bytes) -> bytes:
    """An Opus file that does not say which rate was encoded."""
    length = 28 + content[27]
    page = bytearray(content[:length])
    page[40:44], page[22:26] = bytes(4), bytes(4)
    checksum = 0
    for byte in page:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x04C11DB7 if checksum >> 31 else 0)) & 0xFFFFFFFF
    page[22:26] = checksum.to_bytes(4, "little")
    return bytes(page) + content[length:]


def test_opus_of_an_unknown_rate_is_read_with_its_whole_band(encode):
    content = without_rate(encode("opus"))
    assert soundfile.info(io.BytesIO(content)).samplerate == 8000  # as libsndfile takes it
    for source, seconds in ((content, 1), (content * 2, 2)):
        with open_recording(source) as recording:
            assert recording.info.sample_rate == 48000
            assert len(recording.read(0)) == seconds * 48000


@pytest.mark.parametrize(
    "packet, kind", [(b"\x7fFLAC\x01\x00\x00\x01fLaC", "FLAC"), (b"Speex   1.2", "Speex"), (b"\x80theora\3", "Theora")]
)
def test_what_is_not_read_in_ogg_is_named_with_advice(packet, kind):
    page = b"OggS\0\6" + bytes(20) + bytes([1, len(packet)]) + packet
    with (
        pytest.raises(ValueError, match=f"{kind}.* in Ogg is not read: convert it"),
        open_recording(with_checksum(page)),
    ):
        pass
