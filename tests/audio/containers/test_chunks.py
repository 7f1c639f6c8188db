import io

import pytest

from lfsc.audio.containers import chunks
from lfsc.audio.containers.stream import Damage, StreamFile


def test_an_unfinished_header_gets_the_size_that_is_there(encode):
    content = encode("wav")
    unfinished = content[:40] + bytes(4) + content[44:]
    (stream,) = chunks.find_streams(io.BytesIO(unfinished), len(unfinished))
    assert StreamFile(io.BytesIO(unfinished), stream).read() == content


@pytest.mark.parametrize("kind", ["rf64", "w64", "au", "caf", "aiff", "sphere"])
def test_sizes_of_every_notation_are_read(kind, encode):
    content = encode(kind)
    with pytest.raises(Damage, match=r"truncated, \d+ of \d+ bytes of samples are there"):
        chunks.find_streams(io.BytesIO(content[:-100]), len(content) - 100)


def test_chunks_without_end_are_not_followed():
    content = b"RIFF" + bytes(4) + b"WAVE" + bytes(8 * 10**6)
    assert chunks.find_streams(io.BytesIO(content), len(content))[0].is_whole(len(content))
