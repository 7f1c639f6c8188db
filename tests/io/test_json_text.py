import json
import re

import pytest

from lfsc.io.json_text import read_object, to_json


def test_letters_stay_and_bytes_that_are_none_are_written_all_the_same():
    name = b"gr\xfc\xdfe".decode("utf-8", "surrogateescape")
    assert to_json({"a": "語"}) == '{"a": "語"}'
    assert json.loads(to_json({"a": ["語", name]}).encode()) == {"a": ["語", name]}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"b": 1}', b'"\xff"', b"[" * 100_000])
def test_a_file_of_something_else_than_an_object_is_named(content, tmp_path):
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(f"{path} is damaged")):
        read_object(path, "a")
    path.write_bytes(b'{"a": 2}')
    assert read_object(path, "a") == {"a": 2}
