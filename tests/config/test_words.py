"""Values of the command line."""

import pytest

from lfsc.config.scalars import MARK
from lfsc.config.words import Words, quote, split_values


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
        (r"\d+\.wav", r"\d+\.wav"),
        (r"x\\y\ \$z", r"x\y $z"),
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
    assert Words(text).read() == value


@pytest.mark.parametrize("text", ["a", "it's", "a\\", "\\'", "a, b", "{x}", "${"])
def test_a_quoted_text_is_that_text(text):
    assert Words(quote(text)).read() == text


def test_commas_in_brackets_and_quotes_divide_nothing():
    assert split_values("a, [b,c],'d,e',{f:1,g:2}, h\\,i") == ["a", "[b,c]", "'d,e'", "{f:1,g:2}", "h\\,i"]
