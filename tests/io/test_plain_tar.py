"""Members of tars, against tarfile, and what tarfile would believe."""

import io
import random
import tarfile

import pytest

from lfsc.io.plain_tar import Member, read_members

LATIN = b"\xe9.txt".decode("utf-8", "surrogateescape")
FILES = {"a.txt": b"1", "deep/" * 40 + "b": bytes(513), "dîner": b"", "x" * 300: b"long", LATIN: b"2"}


def packed(files: dict[str, bytes], format: int = tarfile.PAX_FORMAT, **fields) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for field, value in fields.items():
                setattr(member, field, value)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def listed(content: bytes, **options) -> list[Member]:
    return list(read_members(io.BytesIO(content), **options))


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_are_those_of_tarfile(format):
    content = packed(FILES, format)
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        expected = [Member(member.name, "file", member.offset_data, member.size) for member in tar]
    assert listed(content) == expected
    assert [content[member.start : member.start + member.size] for member in listed(content)] == list(FILES.values())


def test_a_name_in_two_fields_is_one():
    name = "deep/" * 30 + "b"
    (found,) = listed(packed({name: b"1"}, tarfile.USTAR_FORMAT))
    assert found.name == name


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        (tarfile.DIRTYPE, "folder"),
        (tarfile.SYMTYPE, "symbolic link"),
        (tarfile.LNKTYPE, "hard link"),
        (tarfile.FIFOTYPE, "pipe"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.CONTTYPE, "file"),
        (b"Z", "member of kind 'Z'"),
    ],
)
def test_other_members_are_told_by_their_kind(type, kind):
    assert [member.kind for member in listed(packed({"a": b"", "b": b""}, type=type))] == [kind, kind]


def test_a_sparse_file_is_none(tmp_path):
    records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}
    assert [found.kind for found in listed(packed({"a": b"0\n", "b": b""}, pax_headers=records))] == ["sparse file"] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (packed({"a": b"1"})[:100], "it was cut off"),
        (packed({"a": b"1"})[:512], "claims 1 bytes, 0 follow it"),
        (packed({"a": b"1"})[:1024], "its end mark is missing"),
        (packed({"a": b"1"}) + packed({"b": b"1"}), "more follows its end mark"),
        (packed({"a": b"1"}).replace(b"a\0", b"b\0", 1), "a wrong checksum at byte 0"),
        (packed({"a": b"1"}, pax_headers={"size": "-512"}), "'-512' where a number belongs"),
        (packed({"a": b"1"}, pax_headers={"size": "9" * 30}), "where a number belongs"),
        (packed({"a": b"1"}, pax_headers={"size": str(1 << 40)}), "claims 1099511627776 bytes"),
        (packed({"a": b"1"}, pax_headers={"comment": "x" * 70_000}), "claims 70"),
    ],
)
def test_what_is_damaged_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        listed(content)


def test_some_members_of_an_archive_need_no_end_mark():
    content = packed({"a": b"1", "b": b"2"}, tarfile.USTAR_FORMAT)[:1024]
    assert [member.name for member in listed(content, whole=False)] == ["a"]


def test_bytes_changed_anywhere_are_refused_or_change_little():
    content, chance = packed(FILES), random.Random(0)
    for _ in range(3000):
        changed = bytearray(content)
        for _ in range(chance.choice([1, 1, 3])):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            found = listed(bytes(changed))
        except ValueError as error:
            assert "\n" not in str(error)
        else:
            assert all(0 <= member.start <= member.start + member.size <= len(changed) for member in found)
