from collections import Counter

import pytest

from data_prep.corpora.mls import utterances
from data_prep.corpora.utterance import Rejection


def read(tmp_path, *sources, limited=None):
    return list(utterances(tmp_path / "scratch", sources=list(sources), limited=limited))


@pytest.mark.parametrize("kind", ["flac", "opus"])
def test_train_and_dev_of_a_language(tmp_path, mls, kind):
    found = read(tmp_path, mls("polish", kind))
    assert Counter((row.language, row.speaker, row.split) for row in found) == {
        ("pl", "101", "train"): 3,
        ("pl", "102", "train"): 3,
        ("pl", "201", "val"): 3,
    }
    first = min(found)
    assert (first.key, first.text) == ("101_7101_000000", "zahl 0 von 101")
    assert first.source.path.endswith(f"/train/audio/101/7101/101_7101_000000.{kind}")
    assert all(row.source.open().exists() for row in found)


def test_several_languages_in_one_place_or_several(tmp_path, mls):
    german, dutch = mls("german"), mls("dutch")
    together, apart = read(tmp_path, tmp_path), read(tmp_path, german, dutch)
    assert sorted(together) == sorted(apart)
    assert {row.language for row in together} == {"de", "nl"}


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
def test_archives_hold_the_same(tmp_path, mls, packed, suffix):
    folder = mls("german")
    archived = read(tmp_path, packed(folder, suffix))
    assert [row._replace(source=None) for row in archived] == [
        row._replace(source=None) for row in read(tmp_path, folder)
    ]
    assert [row.source.read().audio.tolist() for row in archived[:2]] == [
        row.source.read().audio.tolist() for row in read(tmp_path, folder)[:2]
    ]


@pytest.mark.parametrize(
    ("limited", "train"),
    [
        ("9hr", {"101_7101_000001"}),
        ("1hr", {"101_7101_000002", "102_7102_000000"}),
        ("10hr", {"101_7101_000001", "101_7101_000002", "102_7102_000000"}),
    ],
)
def test_limited_supervision(tmp_path, mls, limited, train):
    found = read(tmp_path, mls("german"), limited=limited)
    assert {row.key for row in found if row.split == "train"} == train
    assert len([row for row in found if row.split == "val"]) == 3


def test_segments_serve_where_there_are_no_transcripts(tmp_path, mls):
    folder = mls("german")
    keys = {row.key for row in read(tmp_path, folder)}
    for path in folder.glob("*/transcripts.txt"):
        path.unlink()
    found = read(tmp_path, folder)
    assert {row.key for row in found} == keys
    assert {row.text for row in found} == {None}


def test_a_list_that_is_no_text_costs_its_split_alone(tmp_path, mls):
    corpus = mls()
    (corpus / "dev" / "transcripts.txt").write_bytes(b"201_7201_000000\td\xe9j\xe0\n")
    found = read(tmp_path, corpus)
    (rejected,) = [row for row in found if isinstance(row, Rejection)]
    assert rejected.key == "dev" and "dev/transcripts.txt is no UTF-8 text" in rejected.detail
    assert {row.split for row in found if not isinstance(row, Rejection)} == {"train"}


def test_a_line_without_an_id_is_rejected_alone(tmp_path, mls):
    folder = mls("german")
    with (folder / "dev" / "transcripts.txt").open("a") as file:
        file.write("no id\n")
    *rest, last = [row for row in read(tmp_path, folder) if getattr(row, "split", "val") == "val"]
    assert len(rest) == 3
    detail = "'no id' is no id like speaker_book_number"
    assert last == Rejection("dev/transcripts.txt:4", "de", "malformed", detail)


def test_a_folder_of_no_language_is_an_error(tmp_path, mls):
    folder = mls("german")
    with pytest.raises(ValueError, match="named after a language of MLS"):
        read(tmp_path, folder.rename(tmp_path / "mls_klingon"))
