import io

from lfsc.audio.containers.stream import Stream, StreamFile


def test_a_stream_is_a_file_of_its_own():
    inner = StreamFile(io.BytesIO(b"0123456789"), Stream(3, 7, head=b"ab"))
    assert inner.read() == b"ab3456"
    assert inner.seek(-3, io.SEEK_END) == 3
    assert inner.read(2) == b"45"
    assert inner.tell() == 5
    assert inner.read() == b"6"
    assert inner.read() == b""
