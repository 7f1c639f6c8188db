"""Code of the user's own that a recipe builds: made importable, and recorded."""

import sys
from collections.abc import Iterable
from importlib import import_module
from os import PathLike
from os.path import expanduser
from pathlib import Path
from typing import Any

from lfsc.config.instantiate import KNOWN, targets_of
from lfsc.io.messages import one_line
from lfsc.io.sha256 import sha256_of


def import_own(names: str | PathLike | Iterable[str | PathLike]) -> list[str]:
    """Import files (FILE.py) and modules (a.b) that the user names, one or several, and return the modules' names.

    A file's folder becomes importable, for this process and those that it forks. ValueError for what is not there or
    fails to import.
    """
    modules = []
    for name in map(str, [names] if isinstance(names, str | PathLike) else names):
        if name.endswith(".py"):
            path = Path(expanduser(name)).resolve()
            if not path.is_file():
                raise ValueError(f"{name}: no such file of code to trust")
            make_importable(path.parent)
            module = path.stem
        else:
            module = name
        try:
            imported = import_module(module)
        except Exception as error:
            raise ValueError(f"{name} cannot be imported: {type(error).__name__}: {one_line(error)}") from error
        if name.endswith(".py") and Path(getattr(imported, "__file__", "")).resolve() != path:
            raise ValueError(f"{name}: Python has another module of this name, {imported!r}: rename the file")
        modules.append(module)
    return modules


def make_importable(folder: Path) -> None:
    # Last, so that no file there hides an installed package.
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def record_own(config: Any) -> dict[str, dict[str, str]]:
    """File and SHA-256 of the module of each class in a configuration that is not lfsc's; for the run's environment."""
    found = {}
    for target in sorted(set(map(str, targets_of(config))) - KNOWN):
        module = sys.modules.get(target.rpartition(".")[0])
        if file := getattr(module, "__file__", None):
            found[target] = {"file": file, "sha256": sha256_of(Path(file))}
    return found
