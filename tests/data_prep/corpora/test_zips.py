import stat
import zipfile

import pytest

from data_prep.corpora.archives import Archive


def test_a_zip_is_read_as_a_tar(tmp_path):
    with zipfile.ZipFile(tmp_path / "VCTK-Corpus-0.92.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("wav48_silence_trimmed")
        archive.writestr("wav48_silence_trimmed/p225/p225_001_mic1.flac", b"\0\1" * 1000)
        archive.writestr("txt/p225/p225_001.txt", "Please call Stella.\n")
    tree = Archive(tmp_path / "VCTK-Corpus-0.92.zip", tmp_path / "scratch")
    assert tree.name == "VCTK-Corpus-0.92"
    assert list(tree.names()) == ["txt/p225/p225_001.txt", "wav48_silence_trimmed/p225/p225_001_mic1.flac"]
    assert tree.file("wav48_silence_trimmed/p225/p225_001_mic1.flac").open() == b"\0\1" * 1000
    assert list(tree.lines("txt/p225/p225_001.txt")) == ["Please call Stella.\n"]


def test_a_damaged_zip_is_told_and_leaves_nothing(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.wav", b"\0\1" * 1000)
    whole = path.read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.wav", bytes(range(256)) * 100)
    deflated = bytearray(path.read_bytes())
    deflated[60:70] = bytes(range(240, 250))
    for content in (whole[:100], whole.replace(b"\0\1" * 1000, b"\0\2" * 1000), bytes(deflated)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"a\.zip: .*; download it again"):
            Archive(path, tmp_path / "scratch")
        assert not list((tmp_path / "scratch").glob("*"))


def test_an_empty_zip_is_read(tmp_path):
    zipfile.ZipFile(tmp_path / "a.zip", "w").close()
    assert list(Archive(tmp_path / "a.zip", tmp_path / "scratch").names()) == []


def test_backslashes_of_windows_are_slashes_and_links_lead_to_what_they_link_to(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        entries = {"de\\ann\\a.wav": b"1", "de/b\\c.wav": b"2", "de/ann/link.wav": b"../b\\c.wav"}
        for name, content in entries.items():
            entry = zipfile.ZipInfo("name")
            entry.filename, entry.create_system = name, 0 if "ann\\" in name else 3
            entry.external_attr = (stat.S_IFLNK if "link" in name else stat.S_IFREG) << 16
            archive.writestr(entry, content)
    tree = Archive(tmp_path / "a.zip", tmp_path / "scratch")
    assert {name: tree.file(name).open() for name in tree.names()} == {
        "de/ann/a.wav": b"1",
        "de/b\\c.wav": b"2",
        "de/ann/link.wav": b"2",
    }


def test_a_name_that_is_not_what_the_zip_says_is_told_with_the_zip(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ü.wav", b"1")
    path.write_bytes(path.read_bytes().replace("ü".encode(), b"\x81\x81"))
    with pytest.raises(ValueError, match=r"a\.zip: a name in it is no UTF-8"):
        Archive(path, tmp_path / "scratch")
