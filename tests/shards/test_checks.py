import json
import os

import pytest

from lfsc.shards.checks import datasets_of, require_count, require_duration, require_inside


def index_of(**changes) -> dict:
    shard = {"name": "train-00000.tar", "bytes": 4096, "samples": 2, "seconds": 1.5}
    dataset = {"corpus": "mls", "language": "de", "split": "train", "path": "mls/de", "shards": [shard]}
    shard |= {key: changes.pop(key) for key in list(changes) if key in shard}
    return {"datasets": [dataset | changes]}


def test_what_data_prep_writes_is_taken_as_it_is():
    index = index_of(path="common_voice/zh-TW", corpus="common_voice", language="zh-TW", name="val-00012.tar")
    assert datasets_of(index) == index["datasets"]


WAYS_OUT = ["..", "../other", "/etc", "mls/../..", "mls//de", "./mls", "mls/de/", "~/x", "", "mls\\de", "mls/de\n", "é"]
PLACES = ["http://host/x", "s3://bucket/x", "msc://profile/x", "file:///etc", "pipe:touch x", "rclone://x/y"]
OTHERS = [None, 3, ["mls/de"], {"__module__": "os"}, "x{0..9}", "$HOME", "a|b", "`x`", ".nv-meta"]


@pytest.mark.parametrize("path", [*WAYS_OUT, *PLACES, *OTHERS])
def test_a_folder_of_any_other_form_is_refused(path):
    with pytest.raises((ValueError, TypeError), match=r"it names .*, expected a folder of words") as raised:
        datasets_of(index_of(path=path))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("word", [*WAYS_OUT, *PLACES, *OTHERS, "a/b"])
def test_other_words_are_refused(word):
    for key in ("corpus", "language", "split"):
        with pytest.raises(ValueError, match=r"it names .*, expected a word"):
            datasets_of(index_of(**{key: word}))


@pytest.mark.parametrize("end", ["", ".tar"])
@pytest.mark.parametrize("name", [*WAYS_OUT, *PLACES, *OTHERS, "a/b"])
def test_a_shard_of_any_other_form_is_refused(name, end):
    name = f"{name}{end}" if isinstance(name, str) else name
    with pytest.raises(ValueError, match=r"it names .*, expected a shard"):
        datasets_of(index_of(name=name))


@pytest.mark.parametrize("value", ["1", 1.5, -1, True, None, [1], float("nan")])
def test_a_count_is_a_whole_number(value):
    with pytest.raises(ValueError, match="expected a whole number from 0 on"):
        require_count(value)


@pytest.mark.parametrize("value", ["1", -1.0, True, None, *map(json.loads, ("NaN", "Infinity", "1e999"))])
def test_seconds_are_a_number(value):
    with pytest.raises(ValueError, match="expected a number from 0 on"):
        require_duration(value)


def test_links_inside_and_what_is_not_there_are_let_be(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/a").write_text("a")
    (tmp_path / "corpus/b").symlink_to("a")
    (tmp_path / "link").symlink_to("corpus")
    for folder in (tmp_path / "corpus", tmp_path / "link"):
        require_inside(folder, [folder, folder / "a", folder / "b", folder / "gone"])


def test_whatever_leads_out_is_refused(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    # Its name begins with the corpus'.
    (tmp_path / "corpus2").mkdir()
    (tmp_path / "corpus2/secret").write_text("x")
    (corpus / "file").symlink_to(tmp_path / "corpus2/secret")
    (corpus / "folder").symlink_to("../corpus2")
    (corpus / "dangling").symlink_to("/nowhere")
    for name in ("file", "folder/secret", "dangling", "../corpus2/secret", "/etc/passwd"):
        with pytest.raises(ValueError, match=r"leads out of .*: put a copy of what you trust in its place") as raised:
            require_inside(corpus, [corpus / name])
        assert "\n" not in str(raised.value)


def test_a_pipe_would_be_waited_for(tmp_path):
    os.mkfifo(tmp_path / "index.json")
    with pytest.raises(ValueError, match=r"index.json is neither a file nor a folder"):
        require_inside(tmp_path, [tmp_path / "index.json"])
