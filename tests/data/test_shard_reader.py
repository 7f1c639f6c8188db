import shutil

import pytest
from megatron.energon.epathlib import EPath
from megatron.energon.flavors.webdataset.itar_reader import ShardInfosITarReader
from megatron.energon.flavors.webdataset.metadata import WebdatasetMeta

from lfsc.data.batch import UnusableData
from lfsc.data.pieces import LoadedPiece
from lfsc.data.shard_reader import ShardReader


def listed(folder):
    return WebdatasetMeta.from_config(path=EPath(str(folder)), split_part="train").shards


@pytest.fixture
def own_shards(corpus, tmp_path):
    """Three shards to damage."""
    return shutil.copytree(corpus / "two/de", tmp_path / "de")


def test_every_clip_is_what_energon_reads(corpus):
    shards = listed(corpus / "one/en")
    ours = ShardReader(shards, parts=["flac", "json"])
    theirs = ShardInfosITarReader(EPath(str(corpus / "one/en")), shards)
    assert len(ours) == len(theirs) == 40
    for number in [*range(40), 3, 39, 0]:
        found, expected = ours[number], theirs[number]
        assert (found["__key__"], found["__shard__"]) == (expected["__key__"], expected["__shard__"])
        assert (found["flac"].read(), found["json"].read()) == (expected["flac"], expected["json"])


def test_only_the_parts_asked_for_are_kept(corpus):
    clip = ShardReader(listed(corpus / "one/en"), parts=["flac"])[0]
    assert "json" not in clip


def test_a_truncated_shard_is_named(own_shards):
    shard = own_shards / "train-00001.tar"
    reader = ShardReader(listed(own_shards), parts=["flac"])
    assert reader[8]["__key__"] == "b8"
    shard.write_bytes(shard.read_bytes()[:100_000])
    with pytest.raises(UnusableData, match=r"train-00001.tar cannot be read at clip 7: only 0 of its [0-9]+ bytes"):
        reader[15]


def test_a_shard_that_vanished_is_named(own_shards):
    reader = ShardReader(listed(own_shards), parts=["flac"])
    (own_shards / "train-00002.tar").unlink()
    with pytest.raises(UnusableData, match=r"train-00002.tar cannot be read at clip 0"):
        reader[16]


def test_a_damaged_tar_header_is_named(own_shards):
    shard = own_shards / "train-00000.tar"
    content = bytearray(shard.read_bytes())
    content[:2048] = bytes(range(256)) * 8
    shard.write_bytes(content)
    with pytest.raises(UnusableData, match=r"train-00000.tar cannot be read at clip 0"):
        ShardReader(listed(own_shards), parts=["flac"])[0]


def test_a_damaged_index_of_a_shard_is_named(own_shards):
    (own_shards / "train-00000.tar.idx").write_bytes(b"123")
    with pytest.raises(UnusableData, match=r"train-00000.tar cannot be read at clip 0"):
        ShardReader(listed(own_shards), parts=["flac"])[0]


def test_few_shards_are_open_at_once(corpus, monkeypatch):
    monkeypatch.setattr("lfsc.data.shard_reader.OPEN_SHARDS", 2)
    reader = ShardReader(listed(corpus / "one/en"), parts=["flac"])
    files = [reader.opened(shard.path).file for shard in reader.shards]
    assert reader.opened.cache_info().currsize == 2
    del files


def test_a_clip_without_the_part_asked_for_is_named(corpus):
    with pytest.raises(
        UnusableData, match=r"train-00000.tar cannot be read at clip 3: it has no wav but a3.flac, a3.json"
    ):
        ShardReader(listed(corpus / "one/en"), parts=["wav"])[3]


def test_from_storage_that_is_not_local_a_clip_comes_in_one_read(corpus, monkeypatch):
    local = ShardReader(listed(corpus / "one/en"), parts=["flac"])[12]
    monkeypatch.setattr(EPath, "is_local", lambda path: False)
    reader = ShardReader(listed(corpus / "one/en"), parts=["flac"])
    assert isinstance(reader[12]["flac"], LoadedPiece)
    assert reader[12]["flac"].read() == local["flac"].read()
