"""What a word is, by the place where it stands: 1.10 is a name, a version or a number."""

from collections.abc import Collection
from inspect import signature
from types import UnionType
from typing import Any, Union, get_args, get_origin

from lfsc.config.instantiate import locate
from lfsc.config.scalars import MARK, as_text, as_value
from lfsc.config.schema import ANYTHING, TEXTS


def type_values(chosen: Any, schema: Any, *, may_import: Collection[str] | None = None) -> Any:
    """A configuration whose words are of the type that their places take: text, or a number, a truth value or null.

    A place takes text if the schema, which has no references, has text there, or if the class of its section says so in
    its signature; classes are looked at only where that decides, and only those in `may_import` if it is given.
    """
    return Places(may_import).type_value(chosen, schema, None, "")


class Places:
    def __init__(self, may_import: Collection[str] | None):
        self.may_import = may_import

    def type_value(self, value: Any, default: Any, annotation: Any, key: str) -> Any:
        """`value` in the place `key`, where the schema has `default` and a constructor `annotation`."""
        if isinstance(value, dict):
            return self.type_section(value, default, annotation, key)
        if isinstance(value, list):
            first = default[0] if isinstance(default, list) and default else None
            return [self.type_value(each, first, item_of(annotation), key) for each in value]
        if key not in ANYTHING and (isinstance(default, str) or (default is None and is_text(annotation))):
            return as_text(value)
        return as_value(value, is_number=type(default) in (int, float) or annotation in (int, float))

    def type_section(self, section: dict, default: Any, annotation: Any, key: str) -> dict[str, Any]:
        is_same = isinstance(default, dict) and section.get("_target_") == default.get("_target_")
        defaults = default if is_same else {}
        annotations = self.annotations(section, defaults, key) if "_target_" in section else {}
        typed = {}
        for name, value in section.items():
            place = f"{key}.{name}".lstrip(".")
            expected = annotations.get(name, TEXTS.get(place, item_of(annotation)))
            typed[name] = self.type_value(value, defaults.get(name), expected, place)
        return typed

    def annotations(self, section: dict, defaults: dict, key: str) -> dict[str, Any]:
        """What the class of a section takes, if any value of the section needs that to be known."""
        unknown = [each for name, each in section.items() if defaults.get(name) in (None, [])]
        target = section["_target_"]
        if not has_words(unknown) or (self.may_import is not None and target not in self.may_import):
            return {}
        try:
            parameters = signature(locate(target, key)).parameters
        except ValueError:
            return {}  # whoever builds it says what is wrong with it
        return {name: parameter.annotation for name, parameter in parameters.items()}


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
