"""Files are there when they are whole, and what cannot be written is told by its name."""

import errno
import os
from pathlib import Path

import pytest

from lfsc.io.atomic import LONGEST_NAME, naming, remove_left_overs, replacing, write_text


def test_a_full_disk_is_told_with_the_file_and_leaves_what_was_there(tmp_path, small_disk):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(OSError, match=r"could not be written, File too large: '.*/a\.txt'"), small_disk():
        write_text(tmp_path / "a.txt", "x" * 2000)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


def test_libraries_own_words_are_told_with_the_file(tmp_path):
    def save():
        with replacing(tmp_path / "a.pt") as temporary, naming(tmp_path / "a.pt", RuntimeError):
            temporary.write_bytes(b"half")
            raise RuntimeError("unexpected pos 576 vs 534\nand more")

    with pytest.raises(
        OSError, match=r"a\.pt could not be written, with .* MB free there \(unexpected pos 576 vs 534\)$"
    ):
        save()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["pipe", "/dev/stdout", "/dev/null", "/proc/self/fd/1"])
def test_nothing_takes_the_place_of_a_pipe_or_a_device(tmp_path, place):
    os.mkfifo(tmp_path / "pipe")
    before = sorted(Path("/dev").iterdir())
    with pytest.raises(ValueError, match=r"no place for a file"), replacing(tmp_path / place):
        pass
    assert sorted(Path("/dev").iterdir()) == before and (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["short.lfsc", "a" * 250 + ".lfsc", 83 * "語" + ".lfsc", "x" * 255, "." + "y" * 244])
def test_a_name_as_long_as_a_name_may_be_is_written(tmp_path, name):
    with replacing(tmp_path / name) as temporary:
        assert len(os.fsencode(temporary.name)) <= LONGEST_NAME
        assert temporary.name.startswith(".") and temporary.name.endswith(f".part{(tmp_path / name).suffix}")
        temporary.name.encode()
        temporary.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_failure_leaves_what_was_there(tmp_path):
    write_text(tmp_path / "a", "before")
    with pytest.raises(ValueError, match="broken"), replacing(tmp_path / "a") as temporary:
        temporary.write_text("half")
        raise ValueError("broken")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_a_read_only_disk_is_told_by_the_name_that_was_asked_for(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OSError, match="Read-only") as error, replacing(tmp_path / "a.txt") as temporary:
        refuse(temporary)
    assert error.value.filename == str(tmp_path / "a.txt")


def test_an_error_has_the_name_that_was_asked_for(tmp_path):
    with pytest.raises(OSError) as error, replacing(tmp_path / "a.txt") as temporary:
        raise PermissionError(13, "Permission denied", str(temporary))
    assert isinstance(error.value, PermissionError) and error.value.filename == str(tmp_path / "a.txt")


def test_only_what_was_left_of_a_file_is_removed(tmp_path):
    others = ["a [1].json", ".a [1].json", ".a [1].7.part.tar", ".a 1.7.part.json"]
    for name in [*others, ".a [1].7.part.json", ".a [1].123456.part.json"]:
        (tmp_path / name).touch()
    remove_left_overs(tmp_path / "a [1].json")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "link"):
        with pytest.raises(OSError, match="no folder") as error, replacing(tmp_path / name / "a.wav"):
            pass
        assert error.value.filename == str(tmp_path / name)
