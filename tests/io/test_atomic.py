"""Files are there when they are whole, and what cannot be written is told by its name."""

import os
from pathlib import Path

import pytest

from lfsc.io.atomic import naming, replacing, write_text


def test_a_full_disk_is_told_with_the_file_and_leaves_what_was_there(tmp_path, small_disk):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(OSError, match=r"could not be written, File too large: '.*/a\.txt'"):
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


@pytest.mark.parametrize("place", ["pipe", "/dev/stdout", "/dev/null", f"/proc/{os.getpid()}/fd/1"])
def test_nothing_takes_the_place_of_a_pipe_or_a_device(tmp_path, place):
    os.mkfifo(tmp_path / "pipe")
    before = sorted(Path("/dev").iterdir())
    with pytest.raises(ValueError, match=r"no place for a file"), replacing(tmp_path / place):
        pass
    assert sorted(Path("/dev").iterdir()) == before and (tmp_path / "pipe").is_fifo()
