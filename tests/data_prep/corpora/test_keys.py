import re

import pytest

from data_prep.corpora.keys import LONGEST, digest, key_of, label

PATHS = [
    "de/anna/1.wav",
    "de/anna_1.wav",
    "de_anna/1.wav",
    "de/anna/1.2.wav",
    "ü/ö.wav",
    "o/o.wav",
    "a b/c.wav",
    "a__b.wav",
]


def test_different_paths_have_different_keys():
    paths = [*PATHS, *(f"{'long/' * 40}{number}.flac" for number in range(3))]
    keys = [key_of(path) for path in paths]
    assert len(set(keys)) == len(paths)
    for key in keys:
        assert re.fullmatch(r"[A-Za-z0-9-]+(_[A-Za-z0-9-]+)*", key)
        assert len(key) <= LONGEST


def test_a_plain_name_is_its_own_key():
    assert key_of("4800_10003_000000.flac") == "4800_10003_000000"


@pytest.mark.parametrize(
    ("name", "plain"), [("pt-BR", "pt-BR"), ("zh/TW", "zh_TW"), ("..", "unknown"), ("é", "954544c2")]
)
def test_labels_are_safe_as_folders(name, plain):
    assert label(name) == plain


def test_a_name_is_the_same_however_its_marks_are_written():
    assert label("Jose\u0301") == label("Jos\u00e9") == f"Jos-{digest('José')}"


def test_a_label_is_not_too_long_for_a_folder():
    labels = [label(start + "x" * 300 + end) for start in ("", "é") for end in "ab"]
    assert len(set(labels)) == 4
    assert all(len(each) <= LONGEST for each in labels)
