"""The configuration of a run that is there: whether it can be used, and what a resume changes in it."""

import os
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lfsc.config.assignment import to_container
from lfsc.config.checks import CURRICULUM
from lfsc.config.choices import is_option
from lfsc.config.compose import compose_file, compose_schema
from lfsc.config.instantiate import KNOWN
from lfsc.config.overrides import Override, as_override, parse_overrides, suggest
from lfsc.config.places import type_values
from lfsc.config.recipe_file import read_recipe
from lfsc.config.recipes import find_shipped
from lfsc.config.scalars import unmark
from lfsc.config.schema import (
    ANYTHING,
    OPEN,
    REFERENCE,
    check_entry,
    check_kind,
    check_kinds,
    follow_references,
    value_at,
)
from lfsc.io.messages import as_word
from lfsc.nn.arguments import brief


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
            copies = [key for key in copies_of(each.key) if OmegaConf.select(node, key) == before]
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
    # What is null in conf/ may be null again.
    nulls = [each.key for each in asked if each.value is None and is_null(each.key)]
    check_kinds(config, chosen, free=["trainer.devices", *options, *nulls])
    return chosen


def is_null(key: str) -> bool:
    """Whether a key is there in conf/, and null."""
    section, _, name = key.rpartition(".")
    found = follow_references(compose_schema(()))
    found = value_at(found, section) if section else found
    return isinstance(found, dict) and name in found and found[name] is None


def explain_absent(key: str) -> str:
    section = next((section for section in OPEN if key.startswith(f"{section}.")), None)
    return f"+{section}.NAME={{…}} adds a whole entry" if section else "its config.yaml has them all"


def without_copies(keys: list[str], config: dict[str, Any]) -> list[str]:
    """The keys of a configuration without those that have their value of another one of them."""
    copies = {copy for key in keys for copy in copies_of(key) if value_at(config, copy) == value_at(config, key)}
    return [key for key in keys if key not in copies]


def copies_of(key: str) -> list[str]:
    """The keys that take their value of a key in conf/, or of a section that it is in."""
    return [copy + rest for original, rest in splits(key) for copy in references().get(original, ())]


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
    """ValueError for a run's configuration that lacks keys of conf/: another version of lfsc began it.

    Also for one that holds something else than a section, a number or a text where conf/ has one.
    """
    current = follow_references(compose_schema(()))
    if missing := list(find_missing(current, config)):
        raise ValueError(
            f"{run} was begun by an older lfsc: its config.yaml has no {', '.join(missing)[:200]}; resume it with the "
            f"version in its environment.json, or begin another with its weights, if those fit: "
            f"`lfsc train … {as_word(as_override('init_from', f'{run}/checkpoints/last.ckpt'))}`"
        )
    check_sections(current, config)


def find_missing(current: dict[str, Any], config: Any, section: str = "") -> Iterator[str]:
    """The keys that a run's configuration lacks, but for entries that a run need not have and arguments of classes."""
    for name, default in current.items():
        key = f"{section}.{name}".lstrip(".")
        if not isinstance(config, dict) or name not in config:
            if section not in OPEN or name in CURRICULUM:
                yield key
        elif isinstance(default, dict) and "_target_" not in default and config[name] is not None:
            yield from find_missing(default, config[name], key)


def check_sections(current: Any, config: Any, key: str = "") -> None:
    """ValueError for another kind of value than conf/ has, in all that is no argument of a class."""
    if key in OPEN and not isinstance(config, dict):
        raise ValueError(f"{key} is {brief(config)} in the run's config.yaml: expected a section of keys")
    if isinstance(config, dict) and isinstance(current, dict):
        is_class = "_target_" in current
        for name in current:
            if name in config and (not is_class or isinstance(current[name], dict)):
                check_sections(current[name], config[name], f"{key}.{name}".lstrip("."))
    elif key not in ("slm", *ANYTHING):
        check_kind(current, config, key)


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


def check_places(
    config: dict[str, Any], run: Path, *, asked: Collection[str], own: Mapping[str, Any] | None = None
) -> None:
    """ValueError for a logger that the run itself has write outside its folder.

    The overrides `asked` may do so, and the section `own` of loggers in the user's recipe.
    """
    given = {item.partition("=")[0].lstrip("+") for item in asked}
    for name, entry in config["logger"].items():
        place, key = entry.get("save_dir") if isinstance(entry, dict) else None, f"logger.{name}.save_dir"
        is_given = given & {"logger", f"logger.{name}", key} or entry == (own or {}).get(name)
        if place and not is_given and not Path(os.path.realpath(place)).is_relative_to(os.path.realpath(run)):
            raise ValueError(
                f"{key} is {brief(place)} in the run's config.yaml, outside the run: add "
                f"{as_word(as_override(key, str(place)))} to have it write there"
            )
