"""Folders in a configuration, so named that they are found from any working folder."""

from os.path import expanduser
from pathlib import Path
from typing import Any

from lfsc.config.instantiate import sections_of


def with_absolute_paths(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration whose corpus has an absolute path, and so has what else lies on this machine.

    That is `init_from`, and the `path` of whatever is built, such as a model. What is in object storage or on a hub
    keeps its name.
    """
    for section in sections_of(config):
        if "_target_" in section and isinstance(section.get("path"), str):
            section["path"] = absolute_if_there(section["path"])
    if config["init_from"] is not None:
        config["init_from"] = absolute_if_there(config["init_from"])
    config["data"]["path"] = absolute(config["data"]["path"])
    return config


def absolute(path: str) -> str:
    return path if "://" in path else str(Path(expanduser(path)).absolute())


def absolute_if_there(path: str) -> str:
    """A name that is no folder or file here is a hub's."""
    return absolute(path) if "://" not in path and Path(expanduser(path)).exists() else path
