"""What each direct dependency costs: python benchmarks/dependencies.py

Megabytes of its own files, of what only it brings among the direct dependencies, and seconds until it is imported by a
fresh Python that has imported torch and numpy already, the median of three.
"""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution, metadata, packages_distributions
from statistics import median

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TIMED = """
import time, torch, numpy
start = time.perf_counter()
import {name}
print(time.perf_counter() - start)
"""


def main() -> None:
    needs = direct_dependencies()
    bring = {name: closure(name) for name in needs}
    imported = {canonicalize_name(package): module for module, packages in packages_distributions().items()
                for package in packages if not module.startswith("_")}  # fmt: skip
    print("| package | extras | MB | with what only it brings, MB | import, s |\n|---|---|---|---|---|")
    for name, extras in needs.items():
        others = set().union(*(found for other, found in bring.items() if other != name))
        alone = bring[name] - others | {name}
        seconds = import_seconds(imported.get(name))
        print(f"| {name} | {', '.join(extras) or 'core'} | {megabytes({name})} | {megabytes(alone)} | {seconds} |")


def direct_dependencies() -> dict[str, list[str]]:
    """Those that are installed, with the extras that ask for them; none for the core's."""
    found: dict[str, list[str]] = {}
    for text in metadata("lfsc").get_all("Requires-Dist") or []:
        requirement = Requirement(text)
        extra = str(requirement.marker).partition('extra == "')[2].rstrip('"') if requirement.marker else ""
        name = canonicalize_name(requirement.name)
        if extra != "dev" and is_installed(name):
            found.setdefault(name, []).extend([extra] if extra else [])
    return found


def is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def closure(name: str, *, without: str = "") -> set[str]:
    """The package and all that it needs, as far as they are installed; what only `without` brings is not among them."""
    found, open_names = set(), [name]
    while open_names:
        current = open_names.pop()
        if current in found or current == without or not is_installed(current):
            continue
        found.add(current)
        for text in distribution(current).requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                open_names.append(canonicalize_name(requirement.name))
    return found


def megabytes(names: set[str]) -> str:
    """Of the files that were installed, without bytecode."""
    files = [file for name in names for file in distribution(name).files or [] if file.suffix != ".pyc"]
    paths = [path for path in (file.locate() for file in files) if path.is_file()]
    return f"{sum(path.stat().st_size for path in paths) / 1e6:.1f}"


def import_seconds(name: str | None) -> str:
    if name is None:
        return ""
    command = [sys.executable, "-c", TIMED.format(name=name)]
    runs = [subprocess.run(command, capture_output=True, text=True) for _ in range(3)]
    if any(run.returncode for run in runs):
        return "fails"
    return f"{median(float(run.stdout.splitlines()[-1]) for run in runs):.2f}"


if __name__ == "__main__":
    main()
