"""Files are read; nothing waits for a pipe."""

import os
import socket

import pytest

from lfsc.io.regular import open_regular


def test_a_file_and_a_link_to_one_are_read(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").symlink_to("a")
    for name in ("a", "b"):
        with open_regular(tmp_path / name) as file:
            assert file.read() == b"1"


def test_what_is_no_file_is_told(tmp_path, monkeypatch):
    # The names of sockets must be short.
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for name, kind in {
            "pipe": "pipe",
            "link": "pipe",
            "device": "device",
            "socket": "socket",
            ".": "folder",
        }.items():
            with pytest.raises(ValueError, match=f"is a {kind}, expected a file"):
                open_regular(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "none")
