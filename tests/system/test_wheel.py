"""What users install: the wheel holds code, configurations, recipes and data preparation, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], cwd=ROOT, check=True)
    return next(out.glob("*.whl"))


def test_it_holds_what_is_needed_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "lfsc/cli.py",
        "lfsc/py.typed",
        "lfsc/conf/train.yaml",
        "lfsc/recipes/demo.yaml",
        "data_prep/__main__.py",
    ):
        assert name in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"lfsc", "data_prep"}


def test_recipes_are_found_from_any_folder(wheel, tmp_path):
    """Unpacked instead of installed, so that nothing of this environment changes."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    site = str(tmp_path / "site")
    found = f"import sys; sys.path.insert(0, {site!r}); from lfsc.cli import main"
    code = f"{found}; sys.exit(main(['train', 'demo', '--show']))"
    shown = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert "name: demo" in shown.stdout
