import json

from lfsc.io.json_text import to_json


def test_letters_stay_and_bytes_that_are_none_are_written_all_the_same():
    name = b"gr\xfc\xdfe".decode("utf-8", "surrogateescape")
    assert to_json({"a": "語"}) == '{"a": "語"}'
    assert json.loads(to_json({"a": ["語", name]}).encode()) == {"a": ["語", name]}
