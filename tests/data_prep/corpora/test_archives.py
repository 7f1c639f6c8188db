import gzip
import io
import os
import tarfile
from pathlib import PurePosixPath

import pytest

from data_prep.corpora.archives import Archive, Folder, find, is_archive, open_tree

FILES = {
    "c/train/list.txt": "é\n1\n",
    "c/train/audio/a.wav": b"\0\1\2",
    "c/train/._list.txt": "x",
    "c/dev/list.txt": "2\n",
}


@pytest.fixture
def corpus(tmp_path, put):
    for name, content in FILES.items():
        put(name, content)
    return tmp_path / "c"


@pytest.mark.parametrize("suffix", ["", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz"])
def test_a_tree_reads_the_same_however_it_comes(corpus, packed, tmp_path, suffix):
    tree = open_tree(packed(corpus, suffix) if suffix else tmp_path, tmp_path / "scratch")
    names = sorted(name for name in tree.names() if ".tar" not in name)
    assert names == ["c/dev/list.txt", "c/train/audio/a.wav", "c/train/list.txt"]
    assert "c/train/audio/a.wav" not in list(tree.names(prune=("audio",)))
    assert list(tree.lines("c/train/list.txt")) == ["é\n", "1\n"]
    assert "c/train/list.txt" in tree
    assert "c/gone" not in tree
    source = tree.file("c/train/audio/a.wav")
    content = source.open()
    assert (content if isinstance(content, bytes) else content.read_bytes()) == b"\0\1\2"


def test_links_to_folders_are_followed_but_in_no_circle(corpus, put, tmp_path):
    put("elsewhere/b.wav", b"")
    (corpus / "train/audio/linked").symlink_to(tmp_path / "elsewhere")
    (corpus / "train/audio/circle").symlink_to(corpus)
    (corpus / "train/audio/again").symlink_to(tmp_path / "elsewhere")
    names = [name for name in Folder(corpus).names() if name.endswith(".wav")]
    assert names == ["train/audio/a.wav", "train/audio/again/b.wav"]


def test_a_compressed_archive_is_decompressed_once(corpus, packed, tmp_path):
    path, scratch = packed(corpus, ".tar.gz"), tmp_path / "scratch"
    first = Archive(path, scratch)
    written = first.path.stat().st_mtime_ns
    again = Archive(path, scratch)
    assert (again.path, again.places) == (first.path, first.places)
    assert first.path.stat().st_mtime_ns == written
    assert first.path.parent == scratch
    assert first.name == "c"


def test_another_archive_of_the_same_name_is_not_taken_for_it(corpus, packed, put, tmp_path):
    path, scratch = packed(corpus, ".tar.gz"), tmp_path / "scratch"
    put("other/c.tar.gz", path.read_bytes())
    first, elsewhere = Archive(path, scratch), Archive(tmp_path / "other/c.tar.gz", scratch)
    put("c/more.txt", "3")
    path.unlink()
    renewed = Archive(packed(corpus, ".tar.gz"), scratch)
    assert len({first.path, elsewhere.path, renewed.path}) == 3
    assert "c/more.txt" in renewed and "c/more.txt" not in first


def test_an_uncompressed_archive_is_read_in_place(corpus, packed, tmp_path):
    Archive(packed(corpus, ".tar"), tmp_path / "scratch")
    assert not (tmp_path / "scratch").exists()


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
def test_an_incomplete_download_is_an_error(corpus, packed, put, tmp_path, suffix):
    put("c/train/audio/b.wav", bytes(range(256)) * 400)
    path = packed(corpus, suffix)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 if suffix == ".tar.gz" else 20_000])
    with pytest.raises(ValueError, match="download it again"):
        Archive(path, tmp_path / "scratch")
    assert not list(tmp_path.glob("scratch/*"))


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.bz2", ".tar.xz"])
def test_a_damaged_archive_is_named(corpus, packed, put, tmp_path, suffix):
    put("c/train/audio/b.wav", os.urandom(3000))
    path = packed(corpus, suffix)
    whole = path.read_bytes()
    for place in range(20, len(whole) - 9, 97):
        path.write_bytes(whole[:place] + bytes(9) + whole[place + 9 :])
        with pytest.raises(ValueError, match=rf"c\{suffix}.*; download it again"):
            Archive(path, tmp_path / "scratch")


def test_an_absolute_name_is_none_of_this_machine(put, tmp_path):
    outside = put("outside.wav", b"of this machine")
    members = [(str(outside), tarfile.REGTYPE, b"of the archive"), ("hard.wav", tarfile.LNKTYPE, str(outside))]
    tree = Archive(pack(tmp_path / "a.tar", members), tmp_path / "scratch")
    names = list(tree.names())
    assert not any(name.startswith("/") for name in names)
    assert [tree.file(name).open() for name in names] == [b"of the archive"] * 2


def test_what_is_no_archive_is_an_error(put, tmp_path):
    for name, content in (("a.tar", b"no tar" * 200), ("b.tar.gz", gzip.compress(b"no tar" * 200))):
        with pytest.raises(ValueError, match=f"{name} is no complete tar"):
            Archive(put(name, content), tmp_path / "scratch")


@pytest.mark.parametrize(("begin", "kind"), [(b"(\xb5/\xfd", "zstd"), (b"7z\xbc\xaf", "7z"), (b"Rar!", "rar")])
def test_what_is_compressed_otherwise_is_named(put, tmp_path, begin, kind):
    with pytest.raises(ValueError, match=f"a is compressed with {kind}, which is not read: unpack it"):
        Archive(put("a", begin + bytes(2000)), tmp_path / "scratch")


@pytest.mark.parametrize("name", ["a.tar.lz", "a.tar.br", "a.tar.sz"])
def test_a_compression_of_two_letters_is_no_piece(put, tmp_path, name):
    with pytest.raises(ValueError, match=f"{name} is no complete tar"):
        Archive(put(name, bytes(range(256)) * 8), tmp_path / "scratch")


@pytest.mark.parametrize("name", ["a.tar.gz.aa", "a.tar.gz.part-aa", "a.tar.00", "a.zip.001", "a.z01", "vox_partaa"])
def test_a_piece_of_an_archive_is_told(put, tmp_path, name):
    assert is_archive(name)
    with pytest.raises(ValueError, match=f"{name} is a piece of an archive: join all .* and give the whole one"):
        Archive(put(name, gzip.compress(b"x")), tmp_path / "scratch")


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("a.tar.xz", True), ("A.TAR.GZ", True), ("a.tar.idx", False), ("a.tar.md5", False), ("a_part.py", False)],
)
def test_archives_are_known_by_their_names(put, tmp_path, name, is_one):
    assert is_archive(name) is is_one


def pack(path, members):
    """A tar of (name, type, content or link)."""
    with tarfile.open(path, "w") as tar:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            if kind == tarfile.REGTYPE:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            else:
                member.linkname = content
                tar.addfile(member)
    return path


def test_links_lead_to_what_they_link_to_and_the_rest_is_told(tmp_path):
    members = [
        ("./keep/a.wav", tarfile.REGTYPE, b"A"),
        ("c/hard.wav", tarfile.LNKTYPE, "keep/a.wav"),
        ("c/soft.wav", tarfile.SYMTYPE, "../keep/a.wav"),
        ("c/twice.wav", tarfile.SYMTYPE, "soft.wav"),
        ("c/round.wav", tarfile.SYMTYPE, "round.wav"),
        ("c/gone.wav", tarfile.LNKTYPE, "nowhere"),
        ("c/out.wav", tarfile.SYMTYPE, "/etc/passwd"),
        ("c/pipe.wav", tarfile.FIFOTYPE, ""),
        ("c/sparse.wav", tarfile.GNUTYPE_SPARSE, ""),
        ("same.wav", tarfile.REGTYPE, b"before"),
        ("same.wav", tarfile.REGTYPE, b"after"),
    ]
    tree = Archive(pack(tmp_path / "a.tar", members), tmp_path / "scratch")
    assert {name: tree.file(name).open() for name in tree.names()} == {
        "keep/a.wav": b"A",
        "c/hard.wav": b"A",
        "c/soft.wav": b"A",
        "c/twice.wav": b"A",
        "same.wav": b"after",
    }
    assert sorted(name for name, _ in tree.left_out) == [
        "c/gone.wav", "c/out.wav", "c/pipe.wav", "c/round.wav", "c/sparse.wav", "same.wav",
    ]  # fmt: skip


def test_bytes_behind_the_end_are_not_overlooked(tmp_path):
    path = pack(tmp_path / "a.tar", [("a.wav", tarfile.REGTYPE, b"A")])
    path.write_bytes(2 * path.read_bytes())
    with pytest.raises(ValueError, match="more follows its end mark"):
        Archive(path, tmp_path / "scratch")


def test_a_tar_that_just_stops_between_two_members_is_an_error(tmp_path):
    path = pack(tmp_path / "a.tar", [(f"{name}.wav", tarfile.REGTYPE, b"A") for name in "ab"])
    path.write_bytes(path.read_bytes()[:1024])
    with pytest.raises(ValueError, match="its end mark is missing"):
        Archive(path, tmp_path / "scratch")


def is_list(path: PurePosixPath) -> bool:
    return path.name == "list.txt"


def test_find_groups_by_folder(corpus, tmp_path):
    found = list(find([corpus], tmp_path / "s", is_list, what="lists"))
    assert [(str(group.folder), group.names, group.parts) for group in found] == [
        ("dev", ["dev/list.txt"], ("c", "dev")),
        ("train", ["train/list.txt"], ("c", "train")),
    ]


def test_archives_in_a_folder_are_opened_only_if_it_holds_nothing_itself(corpus, packed, tmp_path):
    packed(corpus)
    assert {type(group.tree) for group in find([tmp_path], tmp_path / "s", is_list, what="lists")} == {Folder}
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    (tmp_path / "c.tar.gz").rename(downloads / "c.tar.gz")
    assert {type(group.tree) for group in find([downloads], tmp_path / "s", is_list, what="lists")} == {Archive}


def test_a_damaged_archive_among_others_is_rejected(corpus, packed, tmp_path):
    path = packed(corpus)
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    (downloads / "a.tar.gz").write_bytes(path.read_bytes()[:-100])
    path.rename(downloads / "c.tar.gz")
    rejected, *groups = find([downloads], tmp_path / "s", is_list, what="lists")
    assert rejected.key == "a.tar.gz" and "download it again" in rejected.detail
    assert {type(group.tree) for group in groups} == {Archive}


def test_nothing_found_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="holds no lists"):
        list(find([tmp_path], tmp_path / "s", is_list, what="lists"))
    with pytest.raises(ValueError, match="is not there"):
        open_tree(tmp_path / "gone", tmp_path)


def test_a_line_that_would_fill_the_memory_is_refused_in_lists_of_corpora_too(tmp_path, monkeypatch):
    monkeypatch.setattr("lfsc.audio.lines.LONGEST_LINE", 1000)
    (tmp_path / "manifest.jsonl.gz").write_bytes(gzip.compress(b"a" * 5000))
    with pytest.raises(ValueError, match=r"manifest\.jsonl\.gz .* has a line of over 1000"):
        list(Folder(tmp_path).lines("manifest.jsonl.gz"))


@pytest.mark.parametrize("where", ["c", "in"])
def test_what_is_left_out_is_rejected(tmp_path, put, packed, close, where):
    corpus = put(f"{where}/train/list.txt", "").parents[1]
    put(f"{where}/dev/list.txt", "")
    if where == "in":
        (corpus / "gone").symlink_to("nowhere")
        folder = put("archives/x", "").parent
        packed(corpus, ".tar").rename(folder / "in.tar")
        rejected = ("und", "tar member", "a link to in/nowhere, which is no file of the archive")
    else:
        folder, rejected = corpus, ("und", "unreadable", "the folder dev: Permission denied")
        close("c/dev")
    *found, last = find([folder], tmp_path / "s", is_list, what="list")
    assert [(item.tree.name, item.folder.name) for item in found][-1:] == [(where, "train")]
    assert last[1:] == rejected


def test_a_corpus_that_may_not_be_looked_into_is_told(corpus, tmp_path, close):
    close("c/train")
    close("c/dev")
    with pytest.raises(ValueError, match=r"c holds no list, .* left out: the folder dev: Permission denied"):
        list(find([corpus], tmp_path / "s", is_list, what="list"))
