"""Values from anybody: what passes, and what is said of the rest."""

import pytest

from lfsc.config.values import (
    LARGEST,
    require_choice,
    require_number,
    require_numbers,
    require_rows,
    require_section,
    require_seed,
    require_text,
)
from lfsc.nn.arguments import brief


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "7", None, [7], LARGEST + 1, 1 << 80])
def test_a_number_is_whole_and_of_a_size_that_occurs(value):
    with pytest.raises(ValueError, match=r"codec\.channels is .*expected a whole number"):
        require_number(value, "codec.channels")


@pytest.mark.parametrize("value", [[], {}, "123", 3, [1] * 17, [1, [2]], [1, "2"]])
def test_numbers_are_a_short_list(value):
    with pytest.raises(ValueError, match="rates is"):
        require_numbers(value, "rates")


def test_what_passes_comes_back():
    assert (
        require_number(7, "a") == 7
        and require_numbers((1, 2), "a") == [1, 2]
        and require_rows([[1], [2, 3]], "a") == [[1], [2, 3]]
    )
    assert require_seed(0, "a") == 0 and require_text("x", "a") == "x" and require_section({"a": 1}, "a") == {"a": 1}
    assert require_choice("x", ["x"], "a") == "x"


def test_a_message_stays_short_whatever_it_shows():
    bomb = ["x"]
    for _ in range(60):
        bomb = [bomb, bomb]
    assert brief(bomb) == "a list" and len(brief("y" * 10_000)) == 100
    with pytest.raises(ValueError, match="a is a list"):
        require_choice(bomb, ["x"], "a")
