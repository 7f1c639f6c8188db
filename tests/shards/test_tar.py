import gzip
import tarfile

import pytest

from lfsc.shards.tar import Sample, ShardFile, find, read, write

SAMPLES = [Sample("a", {"flac": b"1", "json": b'{"x": 1}'}), Sample("deep/b", {"flac": b"22", "cls": b""})]


def test_what_is_written_is_read_and_the_bytes_are_the_same_each_time(tmp_path):
    assert write(tmp_path / "one.tar", SAMPLES) == 2
    assert write(tmp_path / "two.tar", iter(SAMPLES)) == 2
    assert list(read(tmp_path / "one.tar")) == SAMPLES
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_webdataset_reads_what_is_written_and_its_shards_are_read(tmp_path):
    webdataset = pytest.importorskip("webdataset")
    write(tmp_path / "ours.tar", SAMPLES)
    found = list(webdataset.WebDataset(str(tmp_path / "ours.tar"), shardshuffle=False))
    assert [(sample["__key__"], sample["flac"]) for sample in found] == [("a", b"1"), ("deep/b", b"22")]
    with webdataset.TarWriter(str(tmp_path / "theirs.tar")) as tar:
        tar.write({"__key__": "c", "tokens.npy": b"3", "json": {"y": 2}})
    (sample,) = read(tmp_path / "theirs.tar")
    assert (sample.key, sample.parts["tokens.npy"], sample.note()) == ("c", b"3", {"y": 2})


def test_a_failure_while_writing_leaves_nothing(tmp_path):
    def samples():
        yield SAMPLES[0]
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        write(tmp_path / "one.tar", samples())
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed(tmp_path):
    (tmp_path / ".one.123.part.tar").write_bytes(b"half")
    write(tmp_path / "one.tar", SAMPLES)
    assert [path.name for path in tmp_path.iterdir()] == ["one.tar"]


def test_keys_that_are_not_unique_are_refused(tmp_path):
    for samples in ([SAMPLES[0], SAMPLES[0]], [SAMPLES[0], SAMPLES[1], SAMPLES[0]]):
        with pytest.raises(ValueError, match=r"two members are a\.flac|the key a comes back after others"):
            write(tmp_path / "one.tar", samples)
        assert not list(tmp_path.iterdir())


def test_shards_in_a_folder_that_may_not_be_looked_into_are_missed(tmp_path, close):
    (tmp_path / "de").mkdir()
    for name in ("one.tar", "de/two.tar"):
        write(tmp_path / name, SAMPLES)
    assert len(find(tmp_path)) == 2
    close("de")
    with pytest.raises(PermissionError, match="de"):
        find(tmp_path)


def pack(path, *names):
    with tarfile.open(path, "w") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))


def test_names_are_split_by_one_rule(tmp_path):
    pack(tmp_path / "a.tar", "./x/a.FLAC", "./x/a.Json", "x.y/b.seg.json", "x.y/b.flac", "c")
    assert [(sample.key, list(sample.parts)) for sample in read(tmp_path / "a.tar")] == [
        ("x/a", ["flac", "json"]),
        ("x.y/b", ["seg.json", "flac"]),
        ("c", [""]),
    ]


def test_files_that_macos_leaves_are_no_samples(tmp_path):
    pack(tmp_path / "a.tar", "._x", "x/._a.flac", "x/a.flac", "x/._a.json", "x/a.json", "x/.DS_Store")
    assert [(sample.key, list(sample.parts)) for sample in read(tmp_path / "a.tar")] == [("x/a", ["flac", "json"])]


@pytest.mark.parametrize("names", [("a.flac", "a.json", "a.FLAC"), ("a.flac", "b.flac", "a.json")])
def test_a_member_never_takes_the_place_of_another(tmp_path, names):
    pack(tmp_path / "a.tar", *names)
    with pytest.raises(ValueError, match=r"a\.tar: (two members are a\.flac|the key a comes back)"):
        list(read(tmp_path / "a.tar"))


@pytest.mark.parametrize("keep", [0, 100, 700, 1024, 1030, 2048])
def test_a_tar_that_was_cut_off_is_no_whole_tar(tmp_path, keep):
    write(tmp_path / "one.tar", SAMPLES)
    (tmp_path / "cut.tar").write_bytes((tmp_path / "one.tar").read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"cut\.tar is no whole tar"):
        list(read(tmp_path / "cut.tar"))


def test_shards_of_a_folder_a_corpus_and_one_alone(tmp_path, write_index):
    for name in ("one/en/b.tar", "a.tar"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        write(tmp_path / name, SAMPLES)
    assert find(tmp_path) == [
        ShardFile(tmp_path / "a.tar", "a.tar"),
        ShardFile(tmp_path / "one/en/b.tar", "one/en/b.tar"),
    ]
    assert find(tmp_path / "a.tar") == [ShardFile(tmp_path / "a.tar", "a.tar")]
    write_index(tmp_path, {("one/en", "train"): {"b.tar": (2, 1.0)}})
    assert [shard.samples for shard in find(tmp_path)] == [None, 2]
    write_index(tmp_path, {("one/en", "train"): {"b.tar": (2, 1.0), "c.tar": (5, 1.0)}})
    with pytest.raises(ValueError, match=r"1 shard missing that its index names, such as one/en/c\.tar"):
        find(tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", '{"shards": [{"name": "x"}]}'])
def test_a_damaged_index_is_told(tmp_path, content):
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(ValueError, match=r"index\.json is damaged"):
        find(tmp_path)


def test_nothing_to_find_is_told(tmp_path):
    with pytest.raises(ValueError, match="no shards"):
        find(tmp_path)
    with pytest.raises(ValueError, match="no such shard"):
        find(tmp_path / "none.tar")


@pytest.mark.parametrize("content", [b"{", b"[1]"])
def test_a_note_that_is_no_object_is_told(content):
    with pytest.raises(ValueError, match="its json"):
        Sample("a", {"json": content}).note()


def test_a_sparse_member_is_told_and_not_read(tmp_path):
    member = tarfile.TarInfo("clip.json")
    member.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    # GNU's header of old: no part of it is there, and the length of the whole.
    header[386:410] = 2 * b"00000000000\0"
    header[482:495] = b"\0%011o\0" % (1 << 32)
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * ord(" ") + sum(header[156:]))
    (tmp_path / "one.tar").write_bytes(header + bytes(1024))
    with tarfile.open(tmp_path / "one.tar") as tar:
        assert [found.size for found in tar] == [1 << 32]
    with pytest.raises(ValueError, match=r"clip\.json is a sparse file, expected plain files: pack the shard again"):
        list(read(tmp_path / "one.tar"))


def test_a_compressed_tar_is_no_shard(tmp_path):
    write(tmp_path / "one.tar", SAMPLES)
    (tmp_path / "two.tar").write_bytes(gzip.compress((tmp_path / "one.tar").read_bytes()))
    with pytest.raises(ValueError, match=r"two\.tar is no whole tar"):
        list(read(tmp_path / "two.tar"))
    with pytest.raises(ValueError, match=r"two\.tar is compressed with gzip: unpack it"):
        find(tmp_path / "two.tar")
    (tmp_path / "folder").mkdir()
    (tmp_path / "two.tar").rename(tmp_path / "folder/two.tar.gz")
    with pytest.raises(ValueError, match=r"no shards \(\*\.tar\) in it, unpack two\.tar\.gz first"):
        find(tmp_path / "folder")
