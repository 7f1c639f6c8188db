"""What users install: the wheel holds code, configurations, recipes and data preparation, and nothing else."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def build(target, *, source, out):
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)], cwd=source, check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    build("wheel", source=ROOT, out=out)
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


def test_the_wheel_that_pip_builds_of_an_sdist_is_the_same(wheel, tmp_path):
    build("sdist", source=ROOT, out=tmp_path)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as sdist:
        sdist.extractall(tmp_path, filter="data")
    build("wheel", source=next(tmp_path.glob("lfsc-*/")), out=tmp_path)
    built = next(tmp_path.glob("*.whl"))
    assert sorted(zipfile.ZipFile(built).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_recipes_are_found_from_any_folder(wheel, tmp_path):
    """Unpacked instead of installed, so that nothing of this environment changes."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    site = str(tmp_path / "site")
    found = f"import sys; sys.path.insert(0, {site!r}); from lfsc.cli import main"
    code = f"{found}; sys.exit(main(['train', 'demo', '--show']))"
    shown = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert "name: demo" in shown.stdout
