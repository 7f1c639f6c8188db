import bz2
import gzip
import lzma
import zipfile

from lfsc.io.archive_kinds import compression_of


def test_compression_is_told_by_content(tmp_path):
    contents = {"gzip": gzip.compress(b"a"), "bzip2": bz2.compress(b"a"), "xz": lzma.compress(b"a"), None: b"plain"}
    for kind, content in contents.items():
        (tmp_path / "a").write_bytes(content)
        assert compression_of(tmp_path / "a") == kind
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr("b", "c")
    assert compression_of(tmp_path / "a") == "zip"
