"""Lines of manifests that are longer than any list's, as a few compressed bytes may make them."""

import gzip

import pytest

from lfsc.audio import tables
from lfsc.audio.manifest import read_manifest


@pytest.mark.parametrize(
    ("text", "bound", "message"),
    [
        ('{"path": "' + 5000 * "a" + '"}\n', "LONGEST_LINE", "is not a manifest: it has a line of over 1000"),
        ("[\n" + 500 * '{"path": "a.wav"},\n' + "]", "LONGEST_ARRAY", "is an array of over 1000 characters"),
    ],
)
def test_what_a_few_bytes_unpack_to_is_bounded(tmp_path, monkeypatch, text, bound, message):
    monkeypatch.setattr(tables, bound, 1000)
    path = tmp_path / "list.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(ValueError, match=message):
        read_manifest(path)
