"""What a configuration may hold: the keys of conf/, and for each value its kind."""

import math
import re
from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from typing import Any

from lfsc.config.instantiate import locate
from lfsc.config.scalars import as_text

# Sections whose entries are named by the user.
OPEN = ("callbacks", "logger", "losses.reconstruction", "losses.adversarial", "discriminators")
ANYTHING = ("trainer.devices",)  # a number, a list of numbers, or auto
# What is text although conf/ has null or nothing there.
TEXTS = {"init_from": str, "freeze": list[str]}
# Where null is a choice although conf/ has a value; in OPEN sections it takes an entry out.
NULLABLE = re.compile(
    r"slm\.path|discriminators\.slm\.slm\.path|data\.max_val_clips|data\.val_crop_length|optimizers\.\w+\.schedule"
    r"|loss_gradients_every|num_threads|patience"
)
# A word that may stand for a switch.
WORDS = {"compile": "all"}
KINDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "one text",
    dict: "a section of keys",
    list: "a list",
}
REFERENCE = re.compile(r"\$\{([\w.]+)\}")


def follow_references(schema: Any, root: Any = None) -> Any:
    """A schema with what a `${key}` stands for in its place; None for a value that is put together of several."""
    root = schema if root is None else root
    seen = 0
    while isinstance(schema, str) and "${" in schema:
        reference = REFERENCE.fullmatch(schema)
        schema = value_at(root, reference[1]) if reference and (seen := seen + 1) < 10 else None
    if isinstance(schema, dict):
        return {key: follow_references(value, root) for key, value in schema.items()}
    return schema


def value_at(config: Any, key: str) -> Any:
    for name in key.split("."):
        config = config.get(name) if isinstance(config, dict) else None
    return config


def require_removable(key: str, schema: dict[str, Any]) -> None:
    """ValueError for a key that lfsc itself asks for: not one of a class, nor an entry of an OPEN section."""
    section, _, name = key.rpartition(".")
    siblings = value_at(schema, section) if section and section not in OPEN else None
    if isinstance(siblings, dict) and name in siblings and "_target_" not in siblings:
        raise ValueError(f"~{key}: {section} needs its {name}; set it to another value{example(siblings[name])}")


def check_fits(schema: Any, chosen: Any, *, explain: Callable[[str], str], key: str = "") -> None:
    """ValueError for a key that the schema does not have, in the words of `explain`, and for another kind of value.

    Free are new entries of OPEN sections, and what another `_target_` than the schema's is called with: whether that
    fits is known when it is built.
    """
    if not (isinstance(schema, dict) and isinstance(chosen, dict)):
        return check_kind(schema, chosen, key)
    if "_target_" in schema and chosen.get("_target_") is None:
        raise ValueError(f"{key} has no _target_: expected a class, such as {schema['_target_']}")
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
    """ValueError for a value of another kind than a number, switch or section; keys in `free` may hold any."""
    if key in free:
        return
    if isinstance(default, dict) and isinstance(chosen, dict):
        shared = [name for name in default if name in chosen]
        # Values before sections, which may have what a reference to one of them stands for.
        for name in sorted(shared, key=lambda name: isinstance(default[name], dict)):
            check_kinds(default[name], chosen[name], f"{key}.{name}".lstrip("."), free=free)
        return
    check_kind(default, chosen, key)


def check_kind(default: Any, chosen: Any, key: str) -> None:
    if TEXTS.get(key) is str and isinstance(chosen, dict | list):
        raise ValueError(f"{key}={as_text(chosen)}: expected one text")
    if type(default) in (int, float) and isinstance(chosen, float) and not math.isfinite(chosen):
        raise ValueError(f"{key}={as_text(chosen)}: expected {KINDS[type(default)]}{example(default)}")
    if chosen is None and default is not None and not is_nullable(default, key):
        raise ValueError(f"{key}=null: expected {KINDS.get(type(default), 'a value')}{example(default)}")
    expected = KINDS.get(type(default))
    fits = type(chosen) is type(default) or (type(default) is float and type(chosen) is int) or chosen is None
    is_open = isinstance(chosen, str) and (chosen == "???" or "${" in chosen or chosen == WORDS.get(key))
    if expected and not fits and not is_open and key not in ANYTHING:
        word = f", or {WORDS[key]}" if key in WORDS else ""
        raise ValueError(f"{key}={as_text(chosen)}: expected {expected}{word}{example(default)}")


def is_nullable(default: Any, key: str) -> bool:
    is_entry = isinstance(default, dict) and key.rpartition(".")[0] in OPEN
    return is_entry or NULLABLE.fullmatch(key) is not None


def example(default: Any) -> str:
    return "" if isinstance(default, dict | bool) or default in ("???", []) else f", such as {default}"
