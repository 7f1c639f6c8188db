import pytest

from lfsc.data.corpus import read_corpus
from lfsc.data.filters import Filter


def filter_of(**limits) -> Filter:
    return Filter(**{"languages": None, "seconds": None, "bandwidth": None, **limits})


@pytest.mark.parametrize(
    ("limits", "fields", "accepted"),
    [
        ({}, {}, True),
        ({"seconds": [1, 20]}, {"seconds": 1.0}, True),
        ({"seconds": [1, 20]}, {"seconds": 20.1}, False),
        ({"seconds": [None, 20]}, {"seconds": 0.1}, True),
        ({"bandwidth": [7000, None]}, {"bandwidth": 3400.0}, False),
        ({"bandwidth": [7000, None]}, {"bandwidth": 11025.0}, True),
        ({"bandwidth": [7000, None]}, {"seconds": 3.0}, False),
        ({"seconds": [1, 20]}, {"seconds": "3"}, False),
        ({"seconds": [1, 20]}, {"seconds": float("nan")}, False),
        ({"seconds": [1, 2], "bandwidth": [7000, None]}, {"seconds": 1.5, "bandwidth": 8000}, True),
    ],
)
def test_ranges(limits, fields, accepted):
    assert filter_of(**limits).accepts(fields) is accepted


def test_only_ranges_need_the_json():
    assert not filter_of(languages=["en"]).needs_json
    assert filter_of(seconds=[1, None]).needs_json


@pytest.mark.parametrize("limits", [[3, 1], [1], [1, 2, 3], 5, "7", ["a", "b"], {"from": 1, "to": 2}])
def test_a_range_that_is_none_is_refused(limits):
    with pytest.raises(ValueError, match=r"seconds is .*expected \[from, to\]"):
        filter_of(seconds=limits)


def test_languages_choose_datasets(corpus):
    datasets = read_corpus(str(corpus), sample_rate=22050).split("train")
    assert [dataset.language for dataset in filter_of(languages=["de"]).datasets(datasets)] == ["de"]
    with pytest.raises(ValueError, match="no data in fr: there are de, en"):
        filter_of(languages=["fr"]).check_languages(datasets)


def test_languages_are_a_list():
    for languages in ("no", 5):
        with pytest.raises(ValueError, match=rf"languages is {languages!r}: expected a list, such as \[{languages}\]"):
            filter_of(languages=languages)
