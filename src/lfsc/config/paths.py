"""Folders in a configuration, so named that they are found from any working folder."""

from os.path import expanduser
from pathlib import Path
from typing import Any


def with_absolute_paths(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration whose corpus, and whose models and weights that lie on this machine, have absolute paths.

    What is in object storage or on a hub keeps its name.
    """
    slm = config["discriminators"].get("slm")
    sections = [config["slm"], slm["slm"] if isinstance(slm, dict) and "slm" in slm else None]
    for section in sections:
        if isinstance(section, dict) and isinstance(section.get("path"), str):
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
