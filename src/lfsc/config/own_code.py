"""Code of the user's own that a recipe builds: made importable, and recorded."""

import os
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from os import PathLike
from os.path import expanduser
from pathlib import Path
from typing import Any

from lfsc.config.instantiate import KNOWN, targets_of
from lfsc.io.messages import as_word, one_line
from lfsc.io.sha256 import sha256_of


def import_own(names: str | PathLike | Iterable[str | PathLike]) -> list[str]:
    """Import files (FILE.py), packages (FOLDER/NAME) and modules (a.b) that the user names, and return their names.

    The folder of a file or of a package becomes importable, for this process and those that it forks. ValueError for
    what is not there or fails to import.
    """
    modules = []
    for name in map(str, [names] if isinstance(names, str | PathLike) else names):
        module, path = name, None
        kind = "file" if name.endswith(".py") else "package"
        if is_path(name):
            path = Path(expanduser(name)).resolve()
            if not (path.is_file() if kind == "file" else path.is_dir()):
                raise ValueError(f"{name}: no such {kind} of code to trust")
            make_importable(path.parent)
            module = path.stem
        try:
            imported = import_module(module)
        except Exception as error:
            here = f"; write ./{name} for the folder here" if path is None and Path(name).is_dir() else ""
            raise ValueError(f"{name} cannot be imported: {type(error).__name__}: {one_line(error)}{here}") from error
        found = [getattr(imported, "__file__", None) or "", *getattr(imported, "__path__", [])]
        if path is not None and path not in (Path(place).resolve() for place in found):
            raise ValueError(f"{name}: Python has another module of this name, {imported!r}: rename the {kind}")
        modules.append(module)
    return modules


def is_path(name: str) -> bool:
    """Whether the user names a file or a package's folder, not an importable module."""
    return name.endswith(".py") or os.sep in name


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


def option_for(own_code: Mapping[str, Mapping[str, str]]) -> str:
    """` --with …` for classes that `record_own` has recorded; "" for none."""
    tops = {find_top(target.rpartition(".")[0], Path(own["file"])) for target, own in own_code.items()}
    return "".join(f" --with {as_word(top)}" for top in sorted(tops))


def find_top(module: str, file: Path) -> str:
    """What `--with` names for a module: its file, or the folder of the package that it is in; itself if installed."""
    top = file.parent if file.name == "__init__.py" else file
    for _ in range(module.count(".")):
        top = top.parent
    if "site-packages" in top.parts:
        return module
    return f".{os.sep}{top.relative_to(Path.cwd())}" if top.is_relative_to(Path.cwd()) else str(top)
