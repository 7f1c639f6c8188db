"""Values set in a composed configuration, and what is said of a key that it does not have."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, cast

from omegaconf import DictConfig, ListConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from lfsc.config.overrides import Override, suggest
from lfsc.config.scalars import as_text
from lfsc.config.schema import KINDS, OPEN, REFERENCE, value_at
from lfsc.io.messages import one_line

# What OmegaConf says of a list in the place of a section, or of a section in that of a list.
MISMATCH = "Cannot merge DictConfig with ListConfig"
UNKNOWN = re.compile(r"Key '[^']+' is not in struct full_key: (\S+)")


def assign(config: DictConfig, override: Override, *, explain: Callable[[str], str]) -> None:
    """Set a value; ValueError for a key that is not there, or with + is."""
    key, value = override.key, override.value
    try:
        there = OmegaConf.select(config, key, throw_on_missing=False)
        if override.sign == "+" and there is not None and not isinstance(value, dict):
            raise ValueError(f"{override.item}: there is a {key} already; {key}=… changes it")
        OmegaConf.update(config, key, value, merge=True, force_add=bool(override.sign))
    except OmegaConfBaseException as error:
        unknown = UNKNOWN.search(one_line(error))
        if MISMATCH in str(error):
            raise ValueError(
                f"{override.item}: expected {KINDS[dict if OmegaConf.is_dict(there) else list]}"
            ) from error
        if not unknown:
            raise ValueError(f"{override.item}: {one_line(error)}") from error
        # The user's own entries are named by the user.
        adds = f" (+{key}=… adds one)" if key.rpartition(".")[0] in OPEN else ""
        raise ValueError(f"{explain(unknown[1])}{adds}") from error


def remove(config: DictConfig, override: Override, *, explain: Callable[[str], str]) -> None:
    """Leave a key out; ValueError where it is not there."""
    section, _, name = override.key.rpartition(".")
    parent = OmegaConf.select(config, section)
    if not OmegaConf.is_dict(parent) or name not in parent:
        raise ValueError(explain(override.key if OmegaConf.is_dict(parent) else section))
    with open_dict(parent):
        del parent[name]


def explain_unknown(full_key: str, config: dict[str, Any]) -> str:
    """That a key is unknown, and which was meant or which there are beside it."""
    if hint := suggest(full_key):
        return f"no key {full_key!r}: set {hint} instead"
    section, _, name = full_key.rpartition(".")
    reference = REFERENCE.fullmatch(str(value_at(config, section)))
    if reference:
        return f"no key {full_key!r}: {section} stands for {reference[1]}; set {reference[1]}.{name} instead"
    found = OmegaConf.select(OmegaConf.create(config), section) if section else config
    if not isinstance(found, Mapping):
        there = "null" if found is None else as_text(found)
        return f"no key {full_key!r}: {section} is {there}, expected a section of keys"
    existing = sorted(found)
    if not section and name in config["trainer"]:
        return f"no key {full_key!r}: did you mean trainer.{name}?"
    close = get_close_matches(name, existing)
    known = ", ".join(key for key in existing if key != "hydra") or "none"
    hint = f"did you mean {' or '.join(close)}?" if close else f"{section or 'a recipe'} has {known}"
    return f"no key {full_key!r}: {hint}"


def to_container(
    config: DictConfig | ListConfig, *, resolve: bool = False, throw_on_missing: bool = False
) -> dict[str, Any]:
    return cast(dict[str, Any], OmegaConf.to_container(config, resolve=resolve, throw_on_missing=throw_on_missing))
