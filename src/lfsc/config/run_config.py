"""The configuration of a run that is there: whether it can be used, and what a resume changes in it."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lfsc.config.assignment import to_container
from lfsc.config.choices import is_option
from lfsc.config.compose import compose_file
from lfsc.config.instantiate import KNOWN
from lfsc.config.overrides import Override, as_override, parse_overrides, suggest
from lfsc.config.places import type_values
from lfsc.config.recipe_file import read_recipe
from lfsc.config.recipes import find_shipped
from lfsc.config.scalars import unmark
from lfsc.config.schema import OPEN, REFERENCE, check_entry, check_kinds, value_at
from lfsc.io.messages import as_word


def override(config: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    """A run's own configuration with `key=value` overrides of keys that it has; `+` adds to an OPEN section.

    What took its value from an overridden key when the run was begun, as data.batch_size from batch_size, follows it.
    """
    asked = parse_overrides(overrides)
    check_resolved(config)
    node = OmegaConf.create(config)
    OmegaConf.set_struct(node, True)
    try:
        for each in asked:
            if each.removes:
                raise ValueError(f"{each.item}: a run keeps its keys; {each.key}=null leaves out what may be left out")
            before = OmegaConf.select(node, each.key)
            section = each.key.rpartition(".")[0]
            if adds := each.sign != "" and section in OPEN:
                check_entry(section, each.key, each.value, lambda key: f"{key} is no entry of a run")
            copies = [key for key in references().get(each.key, ()) if OmegaConf.select(node, key) == before]
            for key in [each.key, *copies]:
                OmegaConf.update(node, key, option_or_value(each), force_add=adds, merge=False)
    except OmegaConfBaseException as error:
        hint = suggest(error.full_key or "")
        raise ValueError(
            f"no key {error.full_key!r} in this run; "
            + (f"set {hint} instead" if hint else explain_absent(error.full_key or ""))
        ) from error
    # Classes that a run names are not imported for their signatures: they may be somebody else's.
    chosen = type_values(OmegaConf.to_container(node, resolve=True), config, may_import=KNOWN)
    options = [item.partition("=")[0] for item in overrides if is_option(item)]
    check_kinds(config, chosen, free=["trainer.devices", *options])
    return chosen


def explain_absent(key: str) -> str:
    section = next((section for section in OPEN if key.startswith(f"{section}.")), None)
    return f"+{section}.NAME={{…}} adds a whole entry" if section else "its config.yaml has them all"


def without_copies(keys: list[str], config: dict[str, Any]) -> list[str]:
    """The keys of a configuration without those that have their value of another one of them."""
    copies = {
        copy + rest
        for key in keys
        for original, rest in splits(key)
        for copy in references().get(original, ())
        if value_at(config, copy + rest) == value_at(config, key)
    }
    return [key for key in keys if key not in copies]


def splits(key: str) -> Iterator[tuple[str, str]]:
    """a.b and nothing, a and .b, of a.b."""
    rest = ""
    while key:
        yield key, rest
        key, dot, name = key.rpartition(".")
        rest = f"{dot}{name}{rest}"


@lru_cache(maxsize=1)
def references() -> dict[str, list[str]]:
    """The keys of conf/'s groups that are `${key}` there, by key."""
    found: dict[str, list[str]] = {}
    for path in find_shipped("conf").glob("*/*.yaml"):
        for original, place in find_references(read_recipe(path), path.parent.name):
            found.setdefault(original, []).append(place)
    return found


def find_references(section: Any, place: str) -> Iterator[tuple[str, str]]:
    """Which key a value in nested sections stands for, and where."""
    if isinstance(section, dict):
        for name, part in section.items():
            yield from find_references(part, f"{place}.{name}")
    elif isinstance(section, str) and (reference := REFERENCE.fullmatch(section)):
        yield reference[1], place


def check_is_current(config: Any, run: Path) -> None:
    """ValueError for a run's configuration that lacks keys of conf/train.yaml: another version of lfsc began it."""
    current = yaml.safe_load((find_shipped("conf") / "train.yaml").read_text(encoding="utf-8"))
    groups = [group for entry in current.pop("defaults") if isinstance(entry, dict) for group in entry]
    if missing := [key for key in [*groups, *current] if not isinstance(config, dict) or key not in config]:
        raise ValueError(
            f"{run} was begun by an older lfsc: its config.yaml has no {', '.join(missing)[:200]}; resume it with the "
            f"version in its environment.json, or begin another with its weights, if those fit: "
            f"`lfsc train … {as_word(as_override('init_from', f'{run}/checkpoints/last.ckpt'))}`"
        )


def check_resolved(config: Any, key: str = "") -> None:
    """ValueError for ${…} in a run's configuration.

    It was resolved when it was written: somebody else would have put it there to read what is around now, such as
    variables of the environment.
    """
    if isinstance(config, str) and "${" in config:
        raise ValueError(f"{key} is {config[:60]!r} in the run's config.yaml: expected a value")
    items = config.items() if isinstance(config, dict) else enumerate(config) if isinstance(config, list) else ()
    for name, value in items:
        check_resolved(value, f"{key}.{name}".lstrip("."))


def option_or_value(override: Override) -> Any:
    """The section that an option of a group stands for, such as trainer=ddp, or the value itself."""
    if is_option(override.item):
        train = find_shipped("conf") / "train.yaml"
        return unmark(to_container(compose_file(train, [override.item]))[override.key])
    return override.value
