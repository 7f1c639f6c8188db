"""A part of a file as a file."""

import io

from lfsc.io.file_slice import FileSlice


def test_a_piece_ends_where_it_says_whatever_is_asked_for(tmp_path):
    (tmp_path / "file").write_bytes(bytes(range(100)))
    with (tmp_path / "file").open("rb", buffering=0) as file:
        part = io.BufferedReader(FileSlice(file, 10, 20))
        assert part.read(3) == bytes([10, 11, 12]) and part.tell() == 3
        assert part.seek(-2, io.SEEK_END) == 18 and part.read(1 << 20) == bytes([28, 29])
        assert part.read() == b""
        assert FileSlice(file, 90, 1 << 40).read() == bytes(range(90, 100)), "what it claims is not allocated"
