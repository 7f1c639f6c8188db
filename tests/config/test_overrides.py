"""What people give as key=value."""

import pytest

from lfsc.config.overrides import as_override, parse_override, parse_overrides
from lfsc.config.scalars import as_text


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("batch_size", "'batch_size' is not key=value, as max_updates=100 is"),
        ("=3", "=3 is not key=value"),
        ("name=a=b", "name=a=b cannot be read: give a value that holds .* as \"name='…'\""),
        ("periods=[2,3", r"periods=\[2,3 cannot be read: .* a list is \[1,2\]"),
        ("periods=[2,,3]", "cannot be read"),
        ("periods=[2]]", "cannot be read"),
        ("weights={a}", "cannot be read"),
        ("name='a", "cannot be read"),
        ("name='a'b", "cannot be read"),
        ("name=${a", "cannot be read"),
        ("path=/my (old) folder", "cannot be read"),
        ("seed=1,2", r"seed=1,2 is several values: a list is seed=\[1,2\], a text stands in quotes"),
        ("name='a,b',c", "is several values"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(item, message):
    with pytest.raises(ValueError, match=message) as error:
        parse_overrides([item])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["mine", "1.10", "true", "a,b", "a(1)", "it's", r"a\b", "[x]", "", " a", "null", "a/0", r"\'"]
)
def test_a_text_can_be_passed_on(text):
    assert as_text(parse_override(as_override("name", text)).value) == text
    assert as_override("name", "mine/0") == "name=mine/0"


@pytest.mark.parametrize("item", ["hydra.run.dir=x", "+hydra.sweep.dir=x", "hydra/launcher=joblib", "~hydra.run"])
def test_what_hydra_would_start_is_refused(item):
    with pytest.raises(ValueError, match=r"Hydra starts nothing here; runs_root and name say where a run lies"):
        parse_overrides([item])


def test_a_key_may_be_left_out_or_added():
    left_out, added, either = parse_overrides(
        ["~discriminators.stft", "+optimizers.generator.amsgrad=true", "++seed=1"]
    )
    assert left_out.removes and left_out.key == "discriminators.stft"
    assert (added.sign, added.key, added.value) == ("+", "optimizers.generator.amsgrad", True)
    assert either.sign == "++"
