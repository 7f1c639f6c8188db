"""The same word in places of different kinds."""

from lfsc.config.places import type_values
from lfsc.config.scalars import read_scalar

FILTER = "lfsc.data.filters.Filter"


def test_the_schema_says_what_a_word_is():
    word, schema = read_scalar("1.10"), {"name": "x", "lr": 0.5, "any": None, "like": "${name}", "list": ["a"]}
    typed = type_values({name: [word] if name == "list" else word for name in schema}, schema)
    assert typed == {"name": "1.10", "lr": 1.1, "any": 1.1, "like": "1.10", "list": ["1.10"]}


def test_so_does_the_signature_of_a_class_where_the_schema_has_nothing():
    chosen = {"_target_": FILTER, "languages": [False, read_scalar("1e5"), 7], "seconds": [1, read_scalar("2e1")]}
    typed = type_values(chosen, {"_target_": FILTER, "languages": None, "seconds": None})
    assert (typed["languages"], typed["seconds"]) == (["false", "1e5", "7"], [1, 20.0])


def test_only_what_may_be_imported_is_asked():
    chosen = {"_target_": "nowhere.Evil", "languages": [7]}
    assert type_values(chosen, {}, may_import=frozenset()) == chosen
    assert type_values(chosen, {}) == chosen, "whoever builds it says that it is not there"


def test_another_class_is_not_measured_by_the_schemas():
    schema = {"_target_": FILTER, "languages": "text"}
    assert type_values({"_target_": "nowhere.Mine", "languages": read_scalar("1.10")}, schema)["languages"] == 1.1
