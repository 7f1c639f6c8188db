"""What a configuration may hold: the keys of conf/, and for each value its kind."""

import re
from collections.abc import Callable, Collection, Sequence
from inspect import Parameter, signature
from types import UnionType
from typing import Any, Union, get_args, get_origin

from lfsc.config.instantiate import locate
from lfsc.config.scalars import MARK, as_text, as_value

# Sections whose entries are named by the user.
OPEN = ("callbacks", "logger", "losses.reconstruction", "losses.adversarial", "discriminators")
ANYTHING = ("trainer.devices",)  # a number, a list of numbers, or auto
# Where null is a choice although conf/ has a value; in OPEN sections it takes an entry out.
NULLABLE = re.compile(
    r"slm\.path|discriminators\.slm\.slm\.path|data\.max_val_clips|data\.val_crop_length|optimizers\.\w+\.schedule"
)
TEXTS = {"init_from": str, "freeze": list[str]}  # what is text although conf/ has null or nothing there
REFERENCE = re.compile(r"\$\{([\w.]+)\}")
KINDS = {bool: "true or false", int: "a whole number", float: "a number", dict: "a section of keys", list: "a list"}


def check_fits(schema: Any, chosen: Any, *, explain: Callable[[str], str], key: str = "") -> None:
    """ValueError for a key that the schema has not, in the words of `explain`, and for another kind of value.

    Free are new entries of OPEN sections, and what another `_target_` than the schema's is called with: whether that
    fits is known when it is built.
    """
    if not (isinstance(schema, dict) and isinstance(chosen, dict)):
        return check_kind(schema, chosen, key)
    if chosen.get("_target_") != schema.get("_target_"):
        return None
    for name, value in chosen.items():
        place = f"{key}.{name}".lstrip(".")
        if name in schema:
            check_fits(schema[name], value, explain=explain, key=place)
        elif key in OPEN:
            check_entry(key, place, value, explain)
        elif "_target_" not in schema or not takes(schema["_target_"], name, place):
            raise ValueError(explain(place))


def check_entry(section: str, place: str, value: Any, explain: Callable[[str], str]) -> None:
    """ValueError for a new entry of an OPEN section that builds nothing, as one with a mistyped name would be."""
    needed = ("weight", "loss") if section.startswith("losses.") else ("_target_",)
    if value is not None and not (isinstance(value, dict) and value.keys() >= set(needed)):
        raise ValueError(f"{explain(place)} (a new one has {' and '.join(needed)})")


def takes(target: str, name: str, place: str) -> bool:
    """Whether a class takes an argument that conf/ does not set."""
    parameter = signature(locate(target, place)).parameters.get(name)
    return parameter is not None and parameter.kind in (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def check_kinds(default: Any, chosen: Any, key: str = "", *, free: Sequence[str] = ANYTHING) -> None:
    """ValueError for another kind of value in the place of a number, a switch or a section; keys in `free` hold any."""
    if key in free:
        return
    if isinstance(default, dict) and isinstance(chosen, dict):
        for name in default.keys() & chosen.keys():
            check_kinds(default[name], chosen[name], f"{key}.{name}".lstrip("."), free=free)
        return
    check_kind(default, chosen, key)


def check_kind(default: Any, chosen: Any, key: str) -> None:
    if chosen is None and default is not None and not is_nullable(default, key):
        raise ValueError(f"{key}=null: expected {KINDS.get(type(default), 'a value')}{example(default)}")
    expected = KINDS.get(type(default))
    fits = type(chosen) is type(default) or (type(default) is float and type(chosen) is int) or chosen is None
    is_open = isinstance(chosen, str) and (chosen == "???" or "${" in chosen)
    if expected and not fits and not is_open and key not in ANYTHING:
        raise ValueError(f"{key}={as_text(chosen)}: expected {expected}{example(default)}")


def is_nullable(default: Any, key: str) -> bool:
    is_entry = isinstance(default, dict) and key.rpartition(".")[0] in OPEN
    return is_entry or NULLABLE.fullmatch(key) is not None


def example(default: Any) -> str:
    return "" if isinstance(default, dict) or default in ("???", []) else f", such as {default}"


def settle(chosen: Any, schema: Any, *, may_import: Collection[str] | None = None) -> Any:
    """A configuration whose words are what their places take: text, or a number, a truth value or null.

    A place takes text if the schema has text there, or if the class of its section says so in its signature; classes
    are looked at only where that decides, and of those that need not be imported yet only the ones in `may_import`.
    """
    return Places(schema, may_import).settle(chosen, schema, None, "")


class Places:
    def __init__(self, schema: Any, may_import: Collection[str] | None):
        self.schema = schema
        self.may_import = may_import

    def settle(self, value: Any, default: Any, annotation: Any, key: str) -> Any:
        """`value` in the place `key`, where the schema has `default` and a constructor `annotation`."""
        default = self.follow(default)
        if isinstance(value, dict):
            is_same = isinstance(default, dict) and value.get("_target_") == default.get("_target_")
            defaults = default if is_same else {}
            annotations = self.annotations(value, defaults, key) if "_target_" in value else {}
            return {
                name: self.settle(
                    each,
                    defaults.get(name),
                    annotations.get(name, TEXTS.get(f"{key}.{name}".lstrip("."), item_of(annotation))),
                    f"{key}.{name}".lstrip("."),
                )
                for name, each in value.items()
            }
        if isinstance(value, list):
            first = default[0] if isinstance(default, list) and default else None
            return [self.settle(each, first, item_of(annotation), key) for each in value]
        if key not in ANYTHING and (isinstance(default, str) or (default is None and is_text(annotation))):
            return as_text(value)
        return as_value(value, is_number=type(default) in (int, float) or annotation in (int, float))

    def follow(self, default: Any) -> Any:
        """What the schema has where a default is `${key}`; None where it is put together of several."""
        seen = 0
        while isinstance(default, str) and "${" in default:
            reference = REFERENCE.fullmatch(default)
            default = value_at(self.schema, reference[1]) if reference and (seen := seen + 1) < 10 else None
        return default

    def annotations(self, section: dict, defaults: dict, key: str) -> dict[str, Any]:
        """What the class of a section takes, if any value of the section needs that to be known."""
        unknown = [each for name, each in section.items() if self.follow(defaults.get(name)) in (None, [])]
        target = section["_target_"]
        if not has_words(unknown) or (self.may_import is not None and target not in self.may_import):
            return {}
        try:
            parameters = signature(locate(target, key)).parameters
        except ValueError:
            return {}  # whoever builds it says what is wrong with it
        return {name: parameter.annotation for name, parameter in parameters.items()}


def value_at(config: Any, key: str) -> Any:
    for name in key.split("."):
        config = config.get(name) if isinstance(config, dict) else None
    return config


def has_words(value: Any) -> bool:
    """Whether there are numbers or truth values, which a text may look like, in a value."""
    if isinstance(value, dict):
        return "_target_" not in value and any(map(has_words, value.values()))
    if isinstance(value, list):
        return any(map(has_words, value))
    return type(value) in (bool, int, float) or (isinstance(value, str) and value.startswith(MARK))


def alternatives(annotation: Any) -> tuple:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def is_text(annotation: Any) -> bool:
    kinds = alternatives(annotation)
    return str in kinds and not {int, float, bool}.intersection(kinds)


def item_of(annotation: Any) -> Any:
    """What a list or mapping of an annotation holds."""
    return next((get_args(each)[-1] for each in alternatives(annotation) if len(get_args(each)) in (1, 2)), None)
