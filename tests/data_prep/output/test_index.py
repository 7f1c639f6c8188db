import json
import threading

import pytest

from data_prep.output.index import LOCK, make_entries, read_corpus, write_index


@pytest.fixture
def finish(tmp_path):
    """finish(name) leaves what a finished corpus leaves."""

    def finished(name: str) -> None:
        record = {
            "name": "train-00000.tar",
            "bytes": 4096,
            "sha256": "",
            "samples": 2,
            "seconds": 3.0,
            "speakers": ["s"],
        }
        (tmp_path / name).mkdir()
        content = {"settings": {}, "datasets": make_entries(name, [("de", "train", record)])}
        (tmp_path / name / "corpus.json").write_text(json.dumps(content))

    return finished


def test_every_finished_corpus_is_in_the_index(tmp_path, finish):
    for name in ("one", "two"):
        finish(name)
        write_index(tmp_path, 22050)
    assert [dataset.path for dataset in read_corpus(tmp_path).datasets] == ["one/de", "two/de"]
    assert json.loads((tmp_path / "index.json").read_text())["hours"] == {
        "train": pytest.approx(6 / 3600, abs=1e-6),
        "val": 0,
    }


def test_two_that_finish_at_once_wait_for_each_other(tmp_path, finish, hold_lock):
    finish("one")
    second = threading.Thread(target=write_index, args=(tmp_path, 22050))
    with hold_lock(tmp_path / LOCK):
        second.start()
        second.join(0.3)
        assert not (tmp_path / "index.json").exists()
    second.join(10)
    assert (tmp_path / "index.json").exists()
