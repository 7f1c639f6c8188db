"""Configurations that somebody else may have written, checked value by value before anything is built of them."""

from collections.abc import Collection, Mapping
from inspect import Parameter, signature
from typing import Any

from lfsc.config.instantiate import KNOWN, PARTS, is_trusted, locate
from lfsc.config.values import (
    require_flag,
    require_number,
    require_numbers,
    require_real,
    require_real_rows,
    require_rows,
    require_section,
    require_seed,
    require_text,
)
from lfsc.nn.arguments import brief

# What may stand for an argument, by its annotation; any other argument is a part of its own.
CHECKS = {
    int: require_number,
    float: require_real,
    bool: require_flag,
    str: require_text,
    list[int]: require_numbers,
    list[list[int]]: require_rows,
    list[list[float]]: require_real_rows,
}
# In a part of somebody's own, at any depth.
MOST_VALUES = 1000


def check_part(config: Any, role: str, *, name: str, trusted: Collection[str]) -> dict:
    """The section of one of PARTS[role], without keys that are as by default; that of a `trusted` class as it is.

    ValueError, in one line that begins with the key, for any other class, and for keys and kinds of values that its
    constructor does not take. Which values fit together, the constructor says itself.
    """
    target = require_section(config, name).get("_target_")
    if is_own(target, trusted):
        return check_own_part(config, name=name, trusted=trusted)
    if not isinstance(target, str) or target not in PARTS[role]:
        hint = (
            ""
            if not isinstance(target, str) or target in KNOWN
            else ", unless you trust code that you have: --with FILE.py, in Python trust=[…]"
        )
        raise ValueError(f"{name}._target_ is {brief(target)}: only {' or '.join(PARTS[role])} may stand there{hint}")
    named, families = parameters_of(target, name)
    if missing := [key for key, each in named.items() if each.default is Parameter.empty and key not in config]:
        raise ValueError(f"{name} lacks {', '.join(missing)}")
    values = {key: value for key, value in config.items() if key != "_target_"}
    if unknown := [key for key in values if key not in named and not (families and isinstance(key, str))]:
        raise ValueError(f"{name} has a key {brief(unknown[0])} that it cannot have")
    checked = {
        key: check_value(value, named.get(key), families, name=f"{name}.{key[:40]}", trusted=trusted)
        for key, value in values.items()
    }
    return {"_target_": target} | {
        key: value for key, value in checked.items() if key not in named or value != named[key].default
    }


def parameters_of(target: str, name: str) -> tuple[dict[str, Parameter], str | None]:
    """The keyword arguments of a class or function, and what it calls those of any name, if it takes them."""
    parameters = signature(locate(target, name)).parameters.values()
    families = next((each.name for each in parameters if each.kind is Parameter.VAR_KEYWORD), None)
    return {each.name: each for each in parameters if each.kind is Parameter.KEYWORD_ONLY}, families


def check_value(
    value: Any, parameter: Parameter | None, families: str | None, *, name: str, trusted: Collection[str]
) -> Any:
    if parameter is not None and parameter.name == "seed":
        return require_seed(value, name)
    if parameter is not None and parameter.annotation in CHECKS:
        return CHECKS[parameter.annotation](value, name)
    return check_part(value, parameter.name if parameter else families or "", name=name, trusted=trusted)


def is_own(target: Any, trusted: Collection[str]) -> bool:
    """Whether a target is a trusted class that is not lfsc's."""
    return isinstance(target, str) and target not in KNOWN and is_trusted(target, trusted)


def check_own_part(config: Mapping, *, name: str, trusted: Collection[str]) -> dict:
    """The section of a class of somebody's own: plain values, not too many, and classes that may be built."""
    target = config["_target_"]
    module = getattr(locate(target, name), "__module__", "")
    if target not in trusted and not is_trusted(module, trusted):
        # Such as a function of the standard library that the trusted file imports for itself.
        raise ValueError(f"{name}._target_ is {brief(target)}, which is code of {module}, not of what you trust")
    left = [MOST_VALUES]

    def check(value: Any, place: str) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise ValueError(f"{name} has more than {MOST_VALUES} values")
        if isinstance(value, Mapping):
            target = value.get("_target_")
            if target is not None and target not in KNOWN and not is_own(target, trusted):
                raise ValueError(f"{place}._target_ is {brief(target)}: only lfsc's classes and those that you trust")
            return {require_text(key, place): check(each, f"{place}.{key[:40]}") for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [check(each, place) for each in value]
        return value if value is None or type(value) in (bool, str) else require_real(value, place)

    return check(config, name)
