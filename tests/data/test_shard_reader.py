import io
import shutil
import tarfile

import pytest
from megatron.energon.epathlib import EPath
from megatron.energon.flavors.webdataset.itar_reader import ShardInfosITarReader
from megatron.energon.flavors.webdataset.metadata import WebdatasetMeta

from lfsc.data.batch import UnusableClip, UnusableData
from lfsc.data.shard_reader import BytesSlice, FileSlice, ShardReader, members, open_clip


def listed(folder):
    return WebdatasetMeta.from_config(path=EPath(str(folder)), split_part="train").shards


@pytest.fixture
def own_shards(corpus, tmp_path):
    """Three shards to damage."""
    return shutil.copytree(corpus / "two/de", tmp_path / "de")


def test_every_clip_is_what_energon_reads(corpus):
    shards = listed(corpus / "one/en")
    ours = ShardReader(shards)
    theirs = ShardInfosITarReader(EPath(str(corpus / "one/en")), shards)
    assert len(ours) == len(theirs) == 40
    for number in [*range(40), 3, 39, 0]:
        found, expected = ours[number], theirs[number]
        key, files = open_clip(found, parts=["flac", "json"])
        assert (key, found["__shard__"]) == (expected["__key__"], expected["__shard__"])
        assert {part: file.read() for part, file in files.items()} == {part: expected[part] for part in files}


def test_only_the_parts_asked_for_are_kept(corpus):
    clip = open_clip(ShardReader(listed(corpus / "one/en"))[0], parts=["flac"])
    assert list(clip.files) == ["flac"]


def test_a_truncated_shard_is_named(own_shards):
    shard = own_shards / "train-00001.tar"
    reader = ShardReader(listed(own_shards))
    assert open_clip(reader[8], parts=["flac"]).key == "b8"
    shard.write_bytes(shard.read_bytes()[:100_000])
    with pytest.raises(UnusableData, match=r"train-00001.tar cannot be read at clip 7: only 0 of its [0-9]+ bytes"):
        reader[15]


def test_a_shard_that_vanished_is_named(own_shards):
    reader = ShardReader(listed(own_shards))
    (own_shards / "train-00002.tar").unlink()
    with pytest.raises(UnusableData, match=r"train-00002.tar cannot be read at clip 0"):
        reader[16]


def test_a_damaged_tar_header_is_one_clip_that_cannot_be_used(own_shards):
    shard = own_shards / "train-00000.tar"
    content = bytearray(shard.read_bytes())
    content[:2048] = bytes(range(256)) * 8
    shard.write_bytes(content)
    first, second, *_ = ShardReader(listed(own_shards))
    with pytest.raises(UnusableClip, match=r"^damaged in its shard$"):
        open_clip(first, parts=["flac"])
    assert open_clip(second, parts=["flac"]).key == "b1"


def test_a_damaged_index_of_a_shard_is_named(own_shards):
    (own_shards / "train-00000.tar.idx").write_bytes(b"123")
    with pytest.raises(UnusableData, match=r"train-00000.tar cannot be read at clip 0"):
        ShardReader(listed(own_shards))[0]


def test_few_shards_are_open_at_once(corpus, monkeypatch):
    monkeypatch.setattr("lfsc.data.shard_reader.OPEN_SHARDS", 2)
    reader = ShardReader(listed(corpus / "one/en"))
    files = [reader.opened(shard.path).file for shard in reader.shards]
    assert reader.opened.cache_info().currsize == 2
    del files


def test_a_clip_without_the_part_asked_for_cannot_be_used(corpus):
    clip = ShardReader(listed(corpus / "one/en"))[3]
    with pytest.raises(UnusableClip, match=r"^without wav, with flac, json$"):
        open_clip(clip, parts=["wav"])


def test_from_storage_that_is_not_local_a_clip_comes_in_one_read(corpus, monkeypatch):
    local = open_clip(ShardReader(listed(corpus / "one/en"))[12], parts=["flac"])
    monkeypatch.setattr(EPath, "is_local", lambda path: False)
    reader = ShardReader(listed(corpus / "one/en"))
    assert isinstance(reader[12]["content"], BytesSlice)
    assert open_clip(reader[12], parts=["flac"]).files["flac"].read() == local.files["flac"].read()


@pytest.fixture
def part(tmp_path):
    """Bytes 10 to 30 of a file of 100."""
    path = tmp_path / "file"
    path.write_bytes(bytes(range(100)))
    with path.open("rb", buffering=0) as file:
        yield FileSlice(file, 10, 20)


def tar(files: dict[str, bytes], format: int) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=format) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def test_a_slice_is_a_file_with_ends_of_its_own(part):
    assert part.read() == bytes(range(10, 30))
    assert part.read() == b""
    assert part.seek(-3, io.SEEK_END) == 17
    assert part.read(10) == bytes([27, 28, 29])
    assert part.seek(5) == part.tell() == 5
    assert part.read(2) == bytes([15, 16])
    assert part.seek(1, io.SEEK_CUR) == 8
    assert part.read(1) == bytes([18])


def test_a_part_of_a_slice_lies_where_it_says(part):
    for whole in (part, BytesSlice(bytes(range(10, 30)))):
        part = whole.part(3, 4)
        assert part.read() == bytes([13, 14, 15, 16])
        assert part.part(1, 2).read() == bytes([14, 15])


def test_a_size_beyond_the_clip_is_refused():
    content = bytearray(tar({"clip.flac": bytes(512)}, tarfile.USTAR_FORMAT)[:1024])
    content[124:136] = b"77777777777\0"
    with pytest.raises(ValueError, match=r"clip\.flac claims 8589934591 bytes, 512 are there"):
        members(BytesSlice(bytes(content)))


# ustar has no room for names of more than a hundred bytes.
KEYS = {tarfile.USTAR_FORMAT: ["clip", "k" * 95, "dîner"]}
KEYS |= {each: ["clip", "k" * 99, "long" * 60, "dîner"] for each in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)}


@pytest.mark.parametrize(("format", "key"), [(format, key) for format, keys in KEYS.items() for key in keys])
def test_members_are_those_of_tarfile(format, key):
    files = {f"{key}.flac": bytes(range(256)) * 5, f"{key}.json": b"{}", f"{key}.txt": b""}
    content = tar(files, format).rstrip(b"\0")
    content += bytes(-len(content) % 512)
    assert {name: part.read() for name, part in members(BytesSlice(content)).items()} == files


def test_a_size_below_zero_is_refused_and_not_followed_for_ever():
    content = bytearray(tar({"clip.flac": bytes(512)}, tarfile.USTAR_FORMAT)[:1024])
    content[124:136] = b"-0000001000\0"
    content[148:156] = b" " * 8
    content[148:156] = b"%06o\0 " % sum(content[:512])
    with pytest.raises(ValueError, match="where a number belongs"):
        members(BytesSlice(bytes(content)))


def test_garbage_is_no_tar():
    with pytest.raises((tarfile.TarError, ValueError)):
        members(BytesSlice(bytes(range(256)) * 8))
