"""Arguments that constructors refuse, by their names."""

import pytest

from lfsc.nn.arguments import (
    require_flags,
    require_numbers,
    require_one_of,
    require_resolutions,
    require_whole,
    require_whole_lists,
)


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "7", None, [7]])
def test_whole_numbers(value):
    with pytest.raises(ValueError, match=r"^channels is .*: expected a whole number of 1 or more"):
        require_whole(channels=value)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), True, "0.5", None, [0.5]])
def test_numbers(value):
    with pytest.raises(ValueError, match=r"^share is .*: expected a number from 0 to 1$"):
        require_numbers(least=0, most=1, share=value)
    with pytest.raises(ValueError, match=r"^seconds is inf: expected a number of 0 or more$"):
        require_numbers(least=0, seconds=float("inf"))


@pytest.mark.parametrize("value", [[], 3, "35", None, [3, 4], [3, True], [3, [5]], [-1]])
def test_lists_of_odd_numbers(value):
    with pytest.raises(ValueError, match=r"^kernel_sizes is .*: expected a list, each entry an odd number"):
        require_whole_lists(odd=True, kernel_sizes=value)


@pytest.mark.parametrize("value", [[], [[64, 16]], [[64, 16, 128]], [[64, 0, 64]], [64, 16, 64], "64", None])
def test_resolutions(value):
    with pytest.raises(ValueError, match=r"^resolutions is .*window up to n_fft"):
        require_resolutions(resolutions=value)


def test_flags_and_choices():
    with pytest.raises(ValueError, match=r"^squared is 1: expected true or false"):
        require_flags(squared=1)
    with pytest.raises(ValueError, match=r"^pad_mode is 'x': expected reflect or zeros"):
        require_one_of(("reflect", "zeros"), pad_mode="x")


def test_what_fits_passes():
    require_whole(least=0, odd=False, seed=0)
    require_numbers(least=0, most=1, none=0, half=0.5, all=1)
    require_whole_lists(least=2, rates=(2, 8), levels=[8, 7])
    require_resolutions(resolutions=[[64, 16, 64], (128, 32, 100)])
    require_flags(squared=False)
    require_one_of({"tanh": 1}, output_activation="tanh")
