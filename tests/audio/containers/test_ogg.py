import io

import pytest

from lfsc.audio.containers import ogg
from lfsc.audio.containers.stream import Damage, Stream


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


@pytest.mark.parametrize("kind", ["vorbis", "opus"])
def test_a_page_whose_checksum_is_wrong_is_damage(encode, kind):
    content = bytearray(encode(kind))
    place = last_page(bytes(content))
    content[-5] ^= 1
    with pytest.raises(Damage, match=f"damaged, the checksum of its page at byte {place} is wrong"):
        find(bytes(content))
