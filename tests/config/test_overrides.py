"""What people give as key=value."""

import pytest

from lfsc.config.overrides import as_override, parse_override, parse_overrides
from lfsc.config.scalars import MARK, as_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("[1,2]", [1, 2]),
        ("[]", []),
        ("[[1, 2], [a b]]", [[1, 2], ["a b"]]),
        ("{a:1, b: {c:[x]}}", {"a": 1, "b": {"c": ["x"]}}),
        ("{no:2,1e5:3,'a:b':4,mls/en:5}", {"no": 2, "1e5": 3, "a:b": 4, "mls/en": 5}),
        ("{1:30: 2, a:{b: 1, c:[d]}}", {"1:30": 2, "a": {"b": 1, "c": ["d"]}}),
        ("null", None),
        ("~", None),
        ("", ""),
        ("'b=c'", "b=c"),
        ('"it\'s"', "it's"),
        (r"'it\'s'", "it's"),
        (r"a\,b\=c", "a,b=c"),
        ("/some folder/x", "/some folder/x"),
        ("b/c.d:e", "b/c.d:e"),
        ("~/Sprache/Größe", "~/Sprache/Größe"),
        ("語/データ", "語/データ"),
        ("a#b;c!d&e|f", "a#b;c!d&e|f"),
        ("${name}/x", "${name}/x"),
        ("${oc.env:HOME}/${name}", "${oc.env:HOME}/${name}"),
        ("'1.10'", "1.10"),
        ("1.10", f"{MARK}1.10"),
        ("[no, true, 012]", ["no", True, "012"]),
    ],
)
def test_values_of_the_command_line(text, value):
    assert parse_override(f"a.b={text}").value == value


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
        ("seed=1,2", r"seed=1,2 is several values: a list is seed=\[1,2\]; `lfsc sweep` and --multirun"),
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
