import pytest

from lfsc.data.blend import Blend, tabulate_shares
from lfsc.data.corpus import Dataset, Shard

HOURS = {("mls", "en"): 16.0, ("cv", "en"): 4.0, ("cv", "de"): 1.0}


@pytest.fixture
def datasets():
    return [
        Dataset(
            corpus,
            language,
            "train",
            f"{corpus}/{language}",
            [Shard("train-00000.tar", 1, 10, 3600 * hours)],
            3600 * hours,
        )
        for (corpus, language), hours in HOURS.items()
    ]


@pytest.mark.parametrize(
    ("alpha", "expected"),
    [(1.0, [16 / 21, 4 / 21, 1 / 21]), (0.5, [4 / 7, 2 / 7, 1 / 7]), (0.0, [1 / 3, 1 / 3, 1 / 3])],
)
def test_shares_follow_hours_to_the_power_of_alpha(datasets, alpha, expected):
    assert Blend(alpha=alpha, weights=None)(datasets, HOURS.values()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"cv": 2}, [1 / 5, 2 / 5, 2 / 5]),
        ({"en": 3}, [3 / 7, 3 / 7, 1 / 7]),
        ({"cv/en": 0}, [1 / 2, 0, 1 / 2]),
        ({"cv": 2, "en": 3}, [3 / 11, 6 / 11, 2 / 11]),
    ],
)
def test_weights_by_hand_multiply(datasets, weights, expected):
    assert Blend(alpha=0.0, weights=weights)(datasets, HOURS.values()) == pytest.approx(expected)


def test_an_unknown_name_is_refused_with_what_there_is(datasets):
    with pytest.raises(ValueError, match="blend weight for fr: the data have cv, cv/de, cv/en, de, en, mls, mls/en"):
        Blend(alpha=1.0, weights={"fr": 2})(datasets, HOURS.values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alpha": 1e12}, r"^alpha is 1000000000000.0: expected a number from -10 to 10"),
        ({"weights": {"en": -1}}, r"^weights\.en is -1: expected a number of 0 or more"),
        ({"weights": {"en": "much"}}, r"^weights\.en is 'much': expected a number of 0 or more"),
        ({"weights": [1]}, r"^weights is \[1\]: expected a number for each name, such as \{de: 2\}$"),
        ({"weights": 0}, r"^weights is 0: expected a number for each name"),
    ],
)
def test_what_is_no_weight_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Blend(**{"alpha": 1.0, "weights": None} | settings)


def test_a_blend_of_nothing_is_refused(datasets):
    with pytest.raises(ValueError, match="leave no dataset"):
        Blend(alpha=1.0, weights={"mls": 0, "cv": 0})(datasets, HOURS.values())


def test_effective_hours_add_up_to_the_hours_there_are(datasets):
    rows = tabulate_shares(datasets, Blend(alpha=0.5, weights=None)(datasets, HOURS.values()))
    assert [(row.corpus, row.language, row.hours) for row in rows] == [
        ("mls", "en", 16),
        ("cv", "en", 4),
        ("cv", "de", 1),
    ]
    assert [row.effective_hours for row in rows] == pytest.approx([12, 6, 3])
