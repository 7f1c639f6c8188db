import json
import logging

import pytest

from lfsc.data.corpus import drop_missing, read_corpus


def test_an_index_is_read(corpus):
    found = read_corpus(str(corpus), sample_rate=22050)
    assert [(d.corpus, d.language, d.split, d.samples, len(d.shards)) for d in found.datasets] == [
        ("one", "en", "train", 40, 5),
        ("one", "en", "val", 5, 1),
        ("two", "de", "train", 24, 3),
        ("two", "de", "val", 2, 1),
    ]
    assert found.datasets[0].hours == pytest.approx(40 * 0.8 / 3600)


def test_the_hash_is_of_the_index(own_corpus):
    before = read_corpus(str(own_corpus), sample_rate=22050).index_hash
    (own_corpus / "index.json").write_text((own_corpus / "index.json").read_text() + " ")
    assert read_corpus(str(own_corpus), sample_rate=22050).index_hash != before


def test_a_missing_folder_says_how_to_make_one(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere has no index.json; make it with `python -m data_prep"):
        read_corpus(str(tmp_path / "nowhere"), sample_rate=22050)


def test_a_file_is_no_corpus(tmp_path):
    (tmp_path / "speech.wav").touch()
    with pytest.raises(ValueError, match=r"speech.wav is a file: expected a folder that data_prep wrote"):
        read_corpus(str(tmp_path / "speech.wav"), sample_rate=22050)


def test_an_unfinished_corpus_says_how_to_go_on(own_corpus):
    (own_corpus / "index.json").unlink()
    with pytest.raises(ValueError, match="preparation was not finished"):
        read_corpus(str(own_corpus), sample_rate=22050)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"datasets": [{}], "sample_rate": 22050}', '{"datasets": []}'])
def test_a_damaged_index_is_named(own_corpus, content):
    (own_corpus / "index.json").write_text(content)
    with pytest.raises(ValueError, match=r"index.json is damaged"):
        read_corpus(str(own_corpus), sample_rate=22050)


def test_another_rate_than_the_models_is_refused(corpus):
    with pytest.raises(ValueError, match="holds audio at 22050 Hz, the model is for 44100 Hz"):
        read_corpus(str(corpus), sample_rate=44100)


@pytest.mark.parametrize("fault", ["missing", "truncated"])
def test_a_faulty_shard_is_left_out_and_said(own_corpus, fault, caplog):
    damage(own_corpus / "one/en/train-00002.tar", fault)
    datasets = read_corpus(str(own_corpus), sample_rate=22050).split("train")
    with caplog.at_level(logging.WARNING):
        whole = drop_missing(datasets, path=str(own_corpus), max_missing_fraction=0.2)
    assert [dataset.samples for dataset in whole] == [32, 24]
    assert "train-00002.tar" in caplog.text


def test_one_rank_tells_of_a_faulty_shard(own_corpus, caplog, monkeypatch):
    damage(own_corpus / "one/en/train-00002.tar", "missing")
    datasets = read_corpus(str(own_corpus), sample_rate=22050).split("train")
    monkeypatch.setenv("RANK", "1")
    drop_missing(datasets, path=str(own_corpus), max_missing_fraction=0.2)
    assert not caplog.messages


@pytest.mark.parametrize("fault", ["missing", "truncated"])
def test_too_many_faulty_shards_are_refused(own_corpus, fault):
    damage(own_corpus / "one/en/train-00002.tar", fault)
    datasets = read_corpus(str(own_corpus), sample_rate=22050).split("train")
    with pytest.raises(ValueError, match=r"one/en/train-00002.tar .*: 8 of 64 clips are lost"):
        drop_missing(datasets, path=str(own_corpus), max_missing_fraction=0.05)


def test_a_dataset_without_shards_is_dropped(own_corpus):
    for shard in (own_corpus / "two/de").glob("train-*.tar"):
        shard.unlink()
    datasets = read_corpus(str(own_corpus), sample_rate=22050).split("train")
    assert [d.corpus for d in drop_missing(datasets, path=str(own_corpus), max_missing_fraction=0.5)] == ["one"]


def test_an_empty_dataset_is_dropped(own_corpus):
    index = json.loads((own_corpus / "index.json").read_text())
    index["datasets"][0]["shards"] = []
    (own_corpus / "index.json").write_text(json.dumps(index))
    datasets = read_corpus(str(own_corpus), sample_rate=22050).split("train")
    assert [d.corpus for d in drop_missing(datasets, path=str(own_corpus), max_missing_fraction=0.0)] == ["two"]


def damage(shard, fault: str) -> None:
    if fault == "missing":
        shard.unlink()
    else:
        shard.write_bytes(shard.read_bytes()[:-1024])
