"""YAML from anybody is data or refused."""

import pytest

from lfsc.io.safe_yaml import MAX_BYTES, parse, text_of


@pytest.mark.parametrize(
    "tag",
    ["!!python/object/apply:os.system ['touch {}']", "!!python/object/new:os.mkdir ['{}']", "!!python/name:os.system"],
)
def test_a_tag_with_code_leaves_no_trace(tag, tmp_path):
    trace = tmp_path / "trace"
    with pytest.raises(ValueError, match="not YAML of plain data"):
        parse(f"a: {tag.format(trace)}".encode(), "config.yaml")
    assert not trace.exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"- a list", "not a mapping"),
        (b"", "not a mapping"),
        (b"a: [1, 2", "not YAML"),
        (b"\xff\xfe\x00", "not YAML"),
        (b"[" * 5000, "not YAML"),
        (b"a: " + b"1" * MAX_BYTES, "more than"),
        (b"? [a]\n: 1", "not YAML"),
    ],
)
def test_what_is_no_mapping_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse(text, "config.yaml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"it has no config\.yaml"):
        text_of(tmp_path / "config.yaml")
