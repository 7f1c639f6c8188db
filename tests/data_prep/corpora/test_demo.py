from collections import Counter

import pytest

pytest.importorskip("espeakng_loader")

from data_prep.corpora.demo import CLIP_SECONDS, utterances


def spoken(tmp_path, num_languages=None, minutes=16.0, seed=0):
    return list(utterances(tmp_path, num_languages=num_languages, minutes=minutes, seed=seed))


def test_languages_share_evenly_and_voices_do_not_cross(tmp_path):
    found = spoken(tmp_path)
    train = Counter(row.language for row in found if row.split == "train")
    val = Counter(row.language for row in found if row.split == "val")
    assert len(train) >= 100
    assert set(train.values()) == {3}
    assert set(val.values()) == {1}
    assert len({row.key for row in found}) == len(found)
    speakers = {split: {row.speaker for row in found if row.split == split} for split in ("train", "val")}
    assert len(speakers["train"]) >= 10
    assert not speakers["train"] & speakers["val"]


def test_the_seed_decides(tmp_path):
    assert spoken(tmp_path, 3) == spoken(tmp_path, 3) != spoken(tmp_path, 3, seed=1)


def test_as_long_as_was_asked_for(tmp_path):
    found = spoken(tmp_path, 5, minutes=2.0)
    seconds = sum(len(row.source.read().audio) / 22050 for row in found if row.split == "train")
    assert seconds == pytest.approx(120, rel=0.3)
    assert seconds / len(found) == pytest.approx(CLIP_SECONDS, rel=0.3)


@pytest.mark.parametrize("count", [0, 500])
def test_languages_there_are_not(tmp_path, count):
    with pytest.raises(ValueError, match=f"not in {count}"):
        spoken(tmp_path, count)


def test_speech_without_end_is_refused(tmp_path):
    with pytest.raises(ValueError, match="--minutes inf: expected"):
        spoken(tmp_path, minutes=float("inf"))
