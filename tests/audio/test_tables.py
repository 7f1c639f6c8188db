"""Files that are no lists of rows, or are longer than any, as a few compressed bytes may make them."""

import collections
import gzip
import tarfile

import pytest

from lfsc.audio import json_rows, lines, tables
from lfsc.audio.lines import read_lines
from lfsc.audio.manifest import parse_rows, read_manifest


@pytest.mark.parametrize(
    ("text", "module", "bound", "message"),
    [
        ('{"path": "' + 5000 * "a" + '"}\n', lines, "LONGEST_LINE", "is not a manifest: it has a line of over 1000"),
        ("[\n" + 500 * '{"path": "a.wav"},\n' + "]", json_rows, "LONGEST_ARRAY", "is an array of over 1000 characters"),
    ],
)
def test_what_a_few_bytes_unpack_to_is_bounded(tmp_path, monkeypatch, text, module, bound, message):
    monkeypatch.setattr(module, bound, 1000)
    path = tmp_path / "list.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(ValueError, match=message):
        read_manifest(path)


@pytest.mark.parametrize("line", ["\n", "{}\n"])
def test_a_list_that_unpacks_without_end_is_refused_soon(tmp_path, monkeypatch, line):
    monkeypatch.setattr(lines, "MOST_UNPACKED", 2)
    monkeypatch.setattr(lines, "UNPACKED_BEYOND", 1000)
    path = tmp_path / "list.jsonl.gz"
    path.write_bytes(gzip.compress(line.encode() * 200_000))
    read = parse_rows(str(path), read_lines(path))
    with pytest.raises(ValueError, match="is not a manifest: it unpacks to over 2 times its size"):
        collections.deque(read, maxlen=1)


def test_an_archive_of_many_lines_is_no_manifest(tmp_path):
    path = tmp_path / "codec.nemo"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("0"))
    path.write_bytes(path.read_bytes() + b"\n" + 10 * b"0\n")
    with pytest.raises(ValueError, match="is not a manifest: expected text in UTF-8"):
        read_manifest(path)
    # Further down, what a damaged disk put there is a line like others.
    path.write_bytes(b'{"path": "a.wav"}\n\0\0\n')
    row, malformed = read_manifest(path)
    assert row.path == "a.wav" and malformed.reason


@pytest.mark.parametrize(
    ("rows", "message"),
    [(300 * 'a","\n', "it has a row of over 1000"), (80 * 'a","\n' + 'a"b\n', "too many quotations")],
)
def test_quotations_are_not_looked_for_without_end(tmp_path, monkeypatch, rows, message):
    monkeypatch.setattr(tables, "LONGEST_LINE", 1000)
    path = tmp_path / "list.csv"
    path.write_text("path\n" + rows)
    with pytest.raises(ValueError, match=message):
        read_manifest(path)
