"""The walls of the house: who may import whom, and what may be imported where."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "lfsc"

# A part may import those on its own floor and below.
FLOORS = [
    {"io", "nn", "distributed", "parallel"},
    {"audio", "config", "models"},
    {"cpu", "discriminators", "runs", "shards"},
    {"data", "losses", "tokens"},
    {"formats", "metrics"},
    {"evaluation", "export", "sweep"},
    {"training"},
    {"commands"},
    {"cli", "__main__"},
]
HOMES = {
    "soundfile": {"audio"},
    "transformers": {"discriminators", "metrics", "evaluation", "commands", "io"},
    "megatron": {"data"},
    "webdataset": {"data"},
    "lightning": {"training"},
    "hydra": {"config"},
    "optuna": {"commands", "sweep"},
}
MODELS_MAY_IMPORT = {
    "torch",
    "lfsc",
    "collections",
    "math",
    "typing",
    "contextlib",
    "functools",
    "itertools",
    "dataclasses",
    "__future__",
}


def imports(path: Path) -> set[str]:
    """The absolute names that a file imports, at whatever depth."""
    package = ["lfsc", *path.relative_to(SOURCE).parts[:-1]]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            found.add(".".join([*base, *([node.module] if node.module else [])]))
    return found


def part(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


FILES = sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE or path.name != "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_one_way(path):
    floor = {name: i for i, names in enumerate(FLOORS) for name in names}
    assert part(path) in floor, f"{part(path)} stands on no floor of the house"
    for name in imports(path):
        pieces = name.split(".")
        if pieces[0] == "lfsc" and len(pieces) > 1:
            assert floor[pieces[1]] <= floor[part(path)], f"{path.name} imports {name}, which stands above it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_each_library_has_its_home(path):
    for name in imports(path):
        library = name.split(".")[0]
        assert part(path) in HOMES.get(library, {part(path)}), f"{path.name} imports {library}"


@pytest.mark.parametrize(("one", "other"), [("models", "discriminators"), ("discriminators", "models")])
def test_models_and_discriminators_do_not_know_each_other(one, other):
    for path in (SOURCE / one).rglob("*.py"):
        assert not any(name.startswith(f"lfsc.{other}") for name in imports(path)), path


@pytest.mark.parametrize("path", sorted((SOURCE / "models").rglob("*.py")), ids=lambda path: path.name)
def test_models_need_torch_alone(path):
    for name in imports(path):
        assert name.split(".")[0] in MODELS_MAY_IMPORT
        assert not name.startswith("lfsc.") or name.startswith(("lfsc.models", "lfsc.nn"))


def test_importing_loads_nothing_heavy():
    code = "import sys, lfsc, lfsc.cli; print(*(name for name in ('torch', 'numpy', 'yaml') if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
