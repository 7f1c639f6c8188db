"""Code of the user's own, named by file, by the folder of its package, or as a module."""

import re
import shlex
import sys

import pytest

from lfsc.commands.own_code import own_code_names
from lfsc.config.instantiate import check_targets
from lfsc.config.own_code import import_own
from lfsc.runs.directory import Run
from lfsc.runs.summary import resume_command


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a package and a file of code, in which the command is given."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    package = tmp_path / "my code" / "own_package"
    (package / "parts").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "parts" / "losses.py").write_text("from ..base import Loss\n")
    (package / "base.py").write_text("class Loss: ...\n")
    (package.parent / "own_file.py").write_text("class Codec: ...\n")
    monkeypatch.chdir(tmp_path)
    yield package.parent
    for name in [name for name in sys.modules if name.startswith("own_")]:
        del sys.modules[name]


LOSS = {"_target_": "own_package.parts.losses.Loss"}


@pytest.mark.parametrize("name", ["my code/own_package", "./my code/own_package/"])
def test_a_package_is_named_by_its_folder(folder, name):
    trusted = import_own(name)
    assert trusted == ["own_package"]
    check_targets([LOSS["_target_"]], trusted=trusted)


def test_processes_that_start_elsewhere_find_the_package(folder):
    class Options:
        own_code = ("my code/own_package", "own_file.py", "numpy")

    assert own_code_names(Options) == [
        str(folder / "own_package"),
        str(folder.parent / "own_file.py"),
        "numpy",
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("my code/absent", "my code/absent: no such package of code to trust"),
        ("my code/json", "Python has another module of this name, .*: rename the package"),
        ("own_package", "No module named 'own_package'; write ./own_package for the folder here"),
    ],
)
def test_a_package_that_is_not_found_is_one_line(folder, monkeypatch, name, message):
    (folder / "json").mkdir()
    if "/" not in name:
        monkeypatch.chdir(folder)
    with pytest.raises(ValueError, match=re.sub(r"\.(?!\*)", r"\.", message)):
        import_own(name)


def test_the_advice_at_the_end_of_a_run_names_its_code(folder):
    import_own(["my code/own_package", "my code/own_file.py"])
    import own_package.parts.losses  # noqa: F401  # as the run has built it

    run = Run(folder.parent / "run")
    run.path.mkdir()
    installed = "yaml.representer.Representer"
    run.config_file.write_text(
        f"codec: {{_target_: own_file.Codec}}\nlosses: {{mine: {LOSS}}}\nlogger: {{yours: {{_target_: {installed}}}}}\n"
    )
    _, _, _, *own = shlex.split(resume_command(run, None))
    names = own[1::2]
    assert own[::2] == ["--with"] * 3
    assert names == ["./my code/own_file.py", "./my code/own_package", "yaml.representer"]
    check_targets([LOSS["_target_"], "own_file.Codec", installed], trusted=import_own(names))
