"""Recipes as files."""

import pytest
import yaml

from lfsc.config.recipe_file import as_yaml, parse_recipe
from lfsc.config.scalars import unmark


def test_what_is_written_is_read_here_and_elsewhere():
    words = [
        "no",
        "1e5",
        "1.10",
        "012",
        "1:30",
        "true",
        "null",
        "~",
        "",
        "2024_01_15",
        "a: b",
        "é",
        "'",
        "x\ny",
        "1_000",
    ]
    config = {word: [word] for word in words} | {"numbers": [1, 1.5, 1e-9, True, None, 1e300, float("inf")]}
    for read in (yaml.safe_load, lambda text: unmark(parse_recipe(text.encode(), "mine.yaml"))):
        assert read(as_yaml(config)) == config


def test_anchors_and_merges_work():
    recipe = parse_recipe(b"a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n", "mine.yaml")
    assert recipe == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": {"x": 1, "y": 2}}


def test_a_byte_order_mark_and_windows_lines_are_nothing():
    assert parse_recipe("\ufeffname: é\r\nseed: 1\r\n".encode(), "mine.yaml") == {"name": "é", "seed": 1}


def test_quotes_make_a_text():
    assert parse_recipe(b"a: '1.10'\nb: \"true\"\nc: !!str 7\nd:\n", "x") == {
        "a": "1.10",
        "b": "true",
        "c": "7",
        "d": None,
    }


@pytest.mark.parametrize(("content", "line"), [(b"a: 1\nb:\tc: 2\n", 2), (b"a: 1\n\xff\n", 2), (b"a: {\n", 2)])
def test_the_line_is_told(content, line):
    with pytest.raises(ValueError, match=rf"^mine\.yaml, line {line}: ") as error:
        parse_recipe(content, "mine.yaml")
    assert "\n" not in str(error.value)


def test_anchors_that_stand_for_each_other_are_bounded():
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))]
    with pytest.raises(ValueError, match=r"mine\.yaml has more than 100000 values"):
        parse_recipe("\n".join(lines).encode(), "mine.yaml")
    assert parse_recipe(b"a: &a [1]\nb: *a\n", "mine.yaml") == {"a": [1], "b": [1]}
