import io
import tarfile

import pytest

from lfsc.data.pieces import LoadedPiece, Piece, members


@pytest.fixture
def piece(tmp_path):
    """Bytes 10 to 30 of a file of 100."""
    path = tmp_path / "file"
    path.write_bytes(bytes(range(100)))
    with path.open("rb", buffering=0) as file:
        yield Piece(file, 10, 20)


def tar(files: dict[str, bytes], format: int) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=format) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def test_a_piece_is_a_file_with_ends_of_its_own(piece):
    assert piece.read() == bytes(range(10, 30))
    assert piece.read() == b""
    assert piece.seek(-3, io.SEEK_END) == 17
    assert piece.read(10) == bytes([27, 28, 29])
    assert piece.seek(5) == piece.tell() == 5
    assert piece.read(2) == bytes([15, 16])
    assert piece.seek(1, io.SEEK_CUR) == 8
    assert piece.read(1) == bytes([18])


def test_a_part_of_a_piece_lies_where_it_says(piece):
    for whole in (piece, LoadedPiece(bytes(range(10, 30)))):
        part = whole.part(3, 4)
        assert part.read() == bytes([13, 14, 15, 16])
        assert part.part(1, 2).read() == bytes([14, 15])


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("key", ["clip", "k" * 99, "long" * 60, "dîner"])
def test_members_are_those_of_tarfile(format, key):
    files = {f"{key}.flac": bytes(range(256)) * 5, f"{key}.json": b"{}", f"{key}.txt": b""}
    if format == tarfile.USTAR_FORMAT and len(key) > 95:
        pytest.skip("such a name does not fit this format")
    content = tar(files, format).rstrip(b"\0")
    content += bytes(-len(content) % 512)
    assert {name: part.read() for name, part in members(LoadedPiece(content)).items()} == files


def test_garbage_is_no_tar():
    with pytest.raises((tarfile.TarError, ValueError)):
        members(LoadedPiece(bytes(range(256)) * 8))
