"""Choices of the options of a group of conf/, such as trainer=ddp, among overrides."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from lfsc.config.overrides import Override
from lfsc.config.recipes import find_shipped
from lfsc.config.scalars import as_text
from lfsc.config.words import quote


def is_choice(override: Override, path: Path) -> bool:
    """Whether an override chooses an option of a group: one of conf/ or of a folder beside the recipe."""
    if "@" in override.key or ("/" in override.key and "." not in override.key):
        return True
    places = (path.parent, find_shipped("conf"), find_shipped("recipes"))
    return not isinstance(override.value, dict) and any((place / override.key).is_dir() for place in places)


def options_of_choice(override: Override) -> list[Any]:
    return override.value if isinstance(override.value, list) else [override.value]


def as_hydra_override(override: Override) -> str:
    """A choice of one or several options in Hydra's grammar, whatever letters their names have."""
    names = [quote(as_text(name)) for name in options_of_choice(override)]
    value = f"[{','.join(names)}]" if isinstance(override.value, list) else names[0]
    return f"{override.sign}{override.key}={value}"


def is_group(key: str) -> bool:
    return (find_shipped("conf") / key).is_dir()


def option_names(group: str) -> list[str]:
    return sorted(path.stem for path in (find_shipped("conf") / group).glob("*.yaml"))


def is_option(item: str) -> bool:
    """Whether `key=value` chooses an option of a group, such as trainer=ddp."""
    key, _, value = item.partition("=")
    return (find_shipped("conf") / key / f"{value}.yaml").is_file()


def options_of(config: DictConfig) -> list[str]:
    """The options of conf/ that a composed configuration is made of, as overrides.

    Not those of debug, which set keys of all sections, nor options of the user's own: they are checked against ours.
    """
    items = [f"{group}={choice}" for group, choice in config.hydra.runtime.choices.items() if group != "debug"]
    return [item for item in items if is_option(item)]
