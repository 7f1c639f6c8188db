"""What people write, and what is tried."""

import optuna
import pytest

from lfsc.sweep.search_space import parse


def test_what_varies_and_what_does_not():
    space = parse(["a=1,2", "b=log(1e-5, 1e-3)", "c=0.5", "d=[1,2]", "e=uniform(0,1)", "f=int(2,4)", "trainer=cpu"])
    assert list(space.varied) == ["a", "b", "e", "f"]
    assert space.fixed == ["c=0.5", "d=[1,2]", "trainer=cpu"]
    assert space.grid is None
    assert space.examples == [
        [*space.fixed, "a=1", "b=1e-05", "e=0.0", "f=2"],
        [*space.fixed, "a=2", "b=0.001", "e=1.0", "f=4"],
    ]


def test_every_value_and_every_bound_occurs_in_an_example():
    assert parse(["a=1,2,3", "b=int(4,5)"]).examples == [["a=1", "b=4"], ["a=2", "b=5"], ["a=3", "b=4"]]


def test_a_grid_is_every_combination():
    assert parse(["a=1,2", "b=x,y,z", "c=3"]).grid == [{"a": a, "b": b} for a in "12" for b in "xyz"]


def test_lists_are_values_too():
    assert parse(["a=[1,2],[3,4], {a: 1, b: 2}"]).varied["a"].values == ["[1,2]", "[3,4]", "{a: 1, b: 2}"]


def test_a_comma_in_quotes_is_part_of_a_value():
    space = parse(["name='a,b'", "data.path='c,d','e,f'"])
    assert space.fixed == ["name='a,b'"] and space.varied["data.path"].values == ["'c,d'", "'e,f'"]


def test_suggestions_lie_in_the_space():
    space = parse(["a=1,2", "b=log(1e-5,1e-3)", "e=uniform(0,1)", "f=int(2,4)", "c=0.5"])
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    small = 0
    for _ in range(50):
        chosen = dict(item.split("=") for item in space.suggest(study.ask()))
        assert chosen["a"] in "12" and chosen["f"] in ("2", "3", "4") and chosen["c"] == "0.5"
        assert 1e-5 <= float(chosen["b"]) <= 1e-3 and 0 <= float(chosen["e"]) <= 1
        small += float(chosen["b"]) < 1e-4
    assert 10 < small < 40, "half of them, on a logarithmic scale"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("lr=exp(1,2)", r"expected log\(low,high\)"),
        ("lr=log(0,1)", "above 0 for log"),
        ("lr=uniform(2,1)", "the lower bound first"),
        ("lr=log(a,b)", "expected numbers"),
        ("seed=int(0.5,2)", "expected whole numbers"),
    ],
)
def test_a_range_that_is_none(item, message):
    with pytest.raises(ValueError, match=message):
        parse([item])
