"""YAML from anybody is data or refused."""

import time

import pytest
from kinds import merges

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


HOSTILE = {
    "merge keys": merges(12),
    "a date that is none": b"a: !!timestamp x",
    "an empty number": b'a: !!int ""',
    "a switch that is none": b"a: !!bool foo",
    "a number of too many digits": b"a: " + b"9" * 10_000,
    "a letter beyond Unicode": b'a: "\\UFFFFFFFF"',
    "a number in sixties": b"a: " + b"1:" * 120_000 + b"1",
    "a hundred thousand lists": b"[" + b"[]," * 60_000 + b"]",
    "keys of one hash": b"{" + b",".join(b"%d: 0" % (7 + i * ((1 << 61) - 1)) for i in range(9000)) + b", ? [] : 1}",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_values_that_yaml_does_not_allow_are_refused_soon(kind):
    before = time.process_time()
    with pytest.raises(ValueError, match=r"config\.yaml (is not|has more)") as said:
        parse(HOSTILE[kind], "config.yaml")
    assert "\n" not in str(said.value) and time.process_time() - before < 5
