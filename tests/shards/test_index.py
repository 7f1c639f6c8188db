import hashlib
import json

import pytest

from lfsc.shards.index import Conversion, Corpus, Dataset, Shard, parse, read

TOKENS = {"codec": "ab" * 8, "sample_rate": 22050, "hop_length": 1024, "num_codebooks": 8, "codebook_size": 2016}
TOTALS = {"samples": 3, "failed": 1, "frames": 90, "audio_seconds": 4.0}
SHARD = {"name": "en/a.tar", "bytes": 4096, "samples": 3, "audio_seconds": 4.0, "seconds": 99.0, "failed": 1}


def converted(**changes) -> bytes:
    index = {"version": 1, **TOKENS, "precision": "float32", **TOTALS, "shards": [SHARD], **changes}
    return json.dumps(index).encode()


def test_a_corpus_is_read_with_its_datasets_and_their_shards(tmp_path, write_index):
    write_index(tmp_path, {("mls/en", "train"): {"a.tar": (2, 1800.0), "b.tar": (3, 900.0)}, ("mls/en", "val"): {}})
    found = read(tmp_path)
    first = Dataset(
        "mls", "en", "train", "mls/en", [Shard("a.tar", 2048, 2, 1800.0), Shard("b.tar", 3072, 3, 900.0)], 2700.0
    )
    digest = hashlib.sha256((tmp_path / "index.json").read_bytes()).hexdigest()
    assert found == Corpus(str(tmp_path), 22050, [first, Dataset("mls", "en", "val", "mls/en", [], 0.0)], digest)
    assert found.split("train") == [first]
    assert (first.samples, first.hours, found.hours("train"), found.hours("val")) == (5, 0.75, 0.75, 0)
    assert list(found.shards()) == ["mls/en/a.tar", "mls/en/b.tar"]


def test_what_was_converted_is_read_with_its_codec():
    found = parse(converted(), path="out")
    assert found == Conversion("out", *TOKENS.values(), 3, 1, 90, [Shard("en/a.tar", 4096, 3, 4.0)])
    assert found.hours == 4 / 3600 and list(found.shards()) == ["en/a.tar"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"null",
        b"{}",
        b'{"datasets": 3, "sample_rate": 22050}',
        b'{"datasets": [{}], "sample_rate": 22050}',
        b'{"datasets": []}',
        b'{"shards": [{"name": "x"}]}',
        b'{"datasets": [], "sample_rate": 0}',
        b'{"datasets": [], "sample_rate": Infinity}',
        converted(hop_length=0),
        converted(frames=1e400),
        *(converted(shards=[SHARD | {"name": name}]) for name in (3, [], "", "a", "a\0.tar")),
        converted(shards=[SHARD | {"audio_seconds": 10**400}]),
        converted(shards=[SHARD | {"samples": 10**6}]),
        converted(shards=[SHARD, SHARD]),
    ],
)
def test_a_damaged_one_is_named(content):
    with pytest.raises(ValueError, match=r"^data/index\.json is damaged \(.*\): make the shards again$|it has no"):
        parse(content, path="data")


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_shard_that_is_listed_twice_is_told(tmp_path, write_index, split):
    write_index(tmp_path, {("mls/en", "train"): {"a.tar": (2, 1800.0)}})
    index = json.loads((tmp_path / "index.json").read_text())
    index["datasets"].append(index["datasets"][0] | {"split": split})
    with pytest.raises(ValueError, match=r"it lists mls/en/a\.tar 2 times"):
        parse(json.dumps(index).encode(), path="data")


def test_an_index_of_another_program_is_told():
    mosaic = b'{"shards": [{"format": "mds", "samples": 3}], "version": 2}'
    with pytest.raises(
        ValueError, match=r"^data/index\.json is damaged, or none of lfsc's \(it has no 'sample_rate'\)"
    ):
        parse(mosaic, path="data")


def test_where_there_is_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path)


def test_a_converted_shard_elsewhere_is_refused(tmp_path):
    for name in ("../a.tar", str(tmp_path / "a.tar")):
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "out/index.json").write_bytes(converted(shards=[SHARD | {"name": name}]))
        with pytest.raises(ValueError, match="leads out of"):
            read(tmp_path / "out")
