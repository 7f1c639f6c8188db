"""A part of a file as a file."""

import io

from lfsc.io.piece import Piece


def test_a_piece_ends_where_it_says_whatever_is_asked_for(tmp_path):
    (tmp_path / "file").write_bytes(bytes(range(100)))
    with (tmp_path / "file").open("rb", buffering=0) as file:
        piece = io.BufferedReader(Piece(file, 10, 20))
        assert piece.read(3) == bytes([10, 11, 12]) and piece.tell() == 3
        assert piece.seek(-2, io.SEEK_END) == 18 and piece.read(1 << 20) == bytes([28, 29])
        assert piece.read() == b""
        assert Piece(file, 90, 1 << 40).read() == bytes(range(90, 100)), "what it claims is not allocated"
