import io
import json
import tarfile

import pytest

from data_prep.__main__ import main


@pytest.fixture
def corpus(tmp_path, put, say, prepare):
    for speaker in ("anna", "bert"):
        for number in range(3):
            put(f"in/de/{speaker}/{number}.wav", say(f"{number} 2 3 4", f"gmw/de+{'f' if speaker == 'anna' else 'm'}1"))
    prepare("folder", tmp_path / "in", tmp_path / "out")
    return tmp_path / "out"


def differences(out, capsys) -> str:
    assert main(["verify", str(out), "--workers", "0"]) == 1
    return capsys.readouterr().out


def test_whole_shards(corpus, capsys):
    assert main(["verify", str(corpus), "--workers", "0"]) == 0
    assert "2 shards, 0.00 h: all as indexed" in capsys.readouterr().out


def test_one_changed_byte(corpus, capsys):
    shard = corpus / "in/de/train-00000.tar"
    content = bytearray(shard.read_bytes())
    # In the middle of the first sample's audio.
    content[5000] ^= 1
    shard.write_bytes(content)
    assert "sha256 is" in differences(corpus, capsys)


def test_a_truncated_shard(corpus, capsys):
    shard = corpus / "in/de/train-00000.tar"
    shard.write_bytes(shard.read_bytes()[:30_000])
    assert "train-00000.tar" in differences(corpus, capsys)


def test_a_missing_shard(corpus, capsys):
    (corpus / "in/de/val-00000.tar").unlink()
    assert "No such file" in differences(corpus, capsys)


def test_energons_metadata(corpus, capsys):
    path = corpus / "in/de/.nv-meta/.info.json"
    info = json.loads(path.read_text())
    info["shard_counts"]["train-00000.tar"] += 1
    path.write_text(json.dumps(info))
    assert "energon" in differences(corpus, capsys)


def test_a_sample_whose_length_is_not_what_it_says(corpus, capsys):
    shard = corpus / "in/de/val-00000.tar"
    with tarfile.open(shard) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]
    with tarfile.open(shard, "w") as tar:
        for member, content in members:
            if member.name.endswith(".json"):
                content = json.dumps(json.loads(content) | {"seconds": 1.5}).encode()
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    assert "1.5 s in its json" in differences(corpus, capsys)


def test_nothing_to_verify(tmp_path, capsys):
    assert main(["verify", str(tmp_path), "--workers", "0"]) == 2
    assert "no corpus in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("train.yaml", "__module__: os\n__function__: system\n"),
        ("in/de/.nv-meta/loader.py", "import os\n"),
        ("in/de/.nv-meta/split.yaml", "split_parts: {train: [../../x.tar]}\nexclude: []\n"),
        ("in/de/.nv-meta/split.yaml", "!!python/object/apply:os.getcwd []\n"),
        *(("in/de/.nv-meta/.info.json", text) for text in ("", "[]", "{}", '{"shard_counts": 3}', "[" * 10**5)),
    ],
)
def test_what_energon_would_run_is_told(corpus, capsys, name, text):
    (corpus / name).write_text(text)
    assert name in differences(corpus, capsys)


def test_a_dataset_that_is_more_than_its_clips_is_refused(corpus, capsys):
    path = corpus / "in/de/.nv-meta/dataset.yaml"
    path.write_text("__module__: evil\n__class__: X\n")
    assert main(["verify", str(corpus), "--workers", "0"]) == 2
    assert capsys.readouterr().err.endswith(
        "dataset.yaml is not as data_prep writes it, and could make energon run code: "
        "remove it if you trust the corpus\n"
    )
    path.unlink()
    assert main(["verify", str(corpus), "--workers", "0"]) == 0


@pytest.mark.parametrize("note", [b"", b"{}", b"[1]", b'{"seconds": "1"}', b'{"seconds": 1e999}'])
def test_a_json_that_tells_no_length_is_told(corpus, capsys, note):
    with tarfile.open(corpus / "in/de/val-00000.tar", "a") as tar:
        member = tarfile.TarInfo("x.json")
        member.size = len(note)
        tar.addfile(member, io.BytesIO(note))
    assert "the json of x does not tell its seconds" in differences(corpus, capsys)


def test_a_link_out_of_the_corpus_is_refused(corpus, tmp_path, capsys):
    shard = corpus / "in/de/train-00000.tar"
    shard.rename(tmp_path / "outside.tar")
    shard.symlink_to(tmp_path / "outside.tar")
    assert main(["verify", str(corpus), "--workers", "0"]) == 2
    assert "train-00000.tar leads out of" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_a_member_that_is_no_file_is_told(corpus, capsys, kind):
    with tarfile.open(corpus / "in/de/val-00000.tar", "a") as tar:
        member = tarfile.TarInfo("x.json")
        member.type, member.linkname = kind, "/etc/passwd"
        tar.addfile(member)
    assert "'x.json' is neither a flac nor a json file" in differences(corpus, capsys)
