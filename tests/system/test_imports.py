"""The walls of the house: who may import whom, and what may be imported where."""

import ast
import subprocess
import sys
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import torch

from lfsc.audio import files

SOURCE = Path(__file__).resolve().parents[2] / "src" / "lfsc"
ORACLE = Path(__file__).resolve().parents[1] / "nemo_oracle" / "tiny" / "codec.nemo"

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
    "soxr": {"audio"},
    "torchaudio": {"audio"},
    "transformers": {"discriminators", "losses", "metrics", "evaluation", "commands", "io"},
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
    """The absolute names of all that a file imports, at whatever depth."""
    package = ["lfsc", *path.relative_to(SOURCE).parts[:-1]]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # What is imported may be a module itself.
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
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
        # Not what the package itself has, such as its version.
        if pieces[0] == "lfsc" and len(pieces) > 1 and (len(pieces) > 2 or pieces[1] in floor):
            assert floor[pieces[1]] <= floor[part(path)], f"{path.name} imports {name}, which stands above it"


def test_no_imports_go_in_a_circle():
    """Neither between rooms nor between files, those inside functions included; CycleError names who is in one."""
    rooms, files = defaultdict(set), defaultdict(set)
    names = {".".join(["lfsc", *path.relative_to(SOURCE).with_suffix("").parts]) for path in FILES}
    for path in FILES:
        own = ".".join(["lfsc", *path.relative_to(SOURCE).with_suffix("").parts])
        for name in imports(path) & names - {own}:
            files[own].add(name)
            rooms[part(path)].add(name.split(".")[1])
        rooms[part(path)].discard(part(path))
    for graph in (rooms, files):
        TopologicalSorter(graph).prepare()


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


WITHOUT_TORCHAUDIO = """
import sys
sys.modules["torchaudio"] = None  # as if it were not installed
import lfsc
from lfsc.cli import main
_, codec, folder, out = sys.argv
recording = folder + "/a.wav"
assert main(["reconstruct", recording, out, "--codec", codec]) == 0
assert main(["encode", recording, out + ".lfsc", "--codec", codec]) == 0
assert main(["evaluate", "--codec", "griffin-lim", "--data", folder, "--out", out + ".report"]) == 2
"""


def test_codecs_run_without_torchaudio(tmp_path):
    files.write(tmp_path / "speech" / "a.wav", 0.1 * torch.randn(16000), sample_rate=16000)
    arguments = [ORACLE, tmp_path / "speech", tmp_path / "b.wav"]
    found = subprocess.run([sys.executable, "-c", WITHOUT_TORCHAUDIO, *arguments], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "b.wav").is_file()
    assert found.stderr.splitlines()[-1].startswith("lfsc evaluate: torchaudio cannot be imported")
