"""What a configuration may hold: the keys of conf/, and for each value its kind."""

from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from typing import Any

from lfsc.config.instantiate import locate

# Sections whose entries are named by the user.
OPEN = ("callbacks", "logger", "losses.reconstruction", "losses.adversarial", "discriminators")
ANYTHING = ("trainer.devices",)  # a number, a list of numbers, or auto
KINDS = {bool: "true or false", int: "a whole number", float: "a number", dict: "a section of keys"}


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
    expected = KINDS.get(type(default))
    fits = type(chosen) is type(default) or (type(default) is float and type(chosen) is int) or chosen is None
    is_open = isinstance(chosen, str) and (chosen == "???" or "${" in chosen)
    if expected and not fits and not is_open and key not in ANYTHING:
        raise ValueError(f"{key}={chosen}: expected {expected}, such as {default}")


def with_texts(default: Any, chosen: Any) -> Any:
    """`chosen` with text wherever the default is text: a run may be called name=7."""
    if isinstance(default, dict) and isinstance(chosen, dict):
        return {name: with_texts(default.get(name), value) for name, value in chosen.items()}
    is_text = isinstance(default, str) and "${" not in default
    return str(chosen) if is_text and type(chosen) in (int, float) else chosen
