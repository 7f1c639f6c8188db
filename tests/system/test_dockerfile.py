"""The Dockerfile and its .dockerignore agree with pyproject.toml and constraints.txt; CI alone builds the image."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]


def instructions() -> list[tuple[str, str]]:
    """Instruction and arguments, with continued lines joined as docker joins them."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = filter(None, map(str.strip, text.replace("\\\n", "").splitlines()))
    return [tuple(line.split(" ", 1)) for line in lines]


def stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage by its name, the last one's is empty."""
    found: dict[str, list[tuple[str, str]]] = {}
    for word, rest in instructions():
        if word == "FROM":
            found[rest.partition(" AS ")[2]] = [(word, rest)]
        elif found:
            found[next(reversed(found))].append((word, rest))
    return found


def default_of(name: str, lines: list[tuple[str, str]]) -> str:
    (value,) = (rest.partition("=")[2] for word, rest in lines if word == "ARG" and rest.startswith(f"{name}="))
    return value


def extras_of(stage: str) -> list[str]:
    return default_of("EXTRAS", stages()[stage]).split(",")


def needed_by(extras: list[str]) -> list[str]:
    return PROJECT["project"]["dependencies"] + [line for extra in extras for line in EXTRAS[extra]]


def test_python_is_one_that_lfsc_supports_and_ci_tests():
    version = default_of("PYTHON", instructions())
    assert version in SpecifierSet(PROJECT["project"]["requires-python"])
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    assert version in jobs["test"]["strategy"]["matrix"]["python"]
    bases = [lines[0][1].partition(" AS ")[0] for lines in stages().values()]
    assert set(bases) == {"python:${PYTHON}-slim", "tools", "torch-${TORCH}"}


def test_each_choice_of_torch_is_a_stage():
    choices = {name.removeprefix("torch-") for name in stages() if name.startswith("torch-")}
    assert choices == {"cpu", "cuda"}
    assert default_of("TORCH", instructions()) in choices


@pytest.mark.parametrize("stage", ["torch-cpu", "torch-cuda"])
def test_extras_exist(stage):
    assert set(extras_of(stage)) <= set(EXTRAS)


def test_only_the_image_with_cuda_has_what_needs_torchaudio():
    names = {
        stage: {Requirement(line).name for line in needed_by(extras_of(stage))} for stage in stages() if "-" in stage
    }
    assert {stage for stage in names if "torchaudio" in names[stage]} == {"torch-cuda"}
    assert {"train", "evaluate", "pesq", "world"} <= set(extras_of("torch-cuda"))


def test_what_is_needed_is_told_from_pyproject(tmp_path):
    """By the line of the Dockerfile itself, as a shell runs it."""
    (line,) = (
        rest for word, rest in stages()["installed"] if word == "RUN" and "requirements.txt" in rest.split(" > ")
    )
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / "python").symlink_to(sys.executable)
    environment = {**os.environ, "EXTRAS": "prep,export", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(line, shell=True, cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "requirements.txt").read_text().splitlines() == needed_by(["prep", "export"])


def test_every_installation_goes_by_the_constraints():
    installations = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert len(installations) == 3
    unconstrained = [rest for rest in installations if "--constraint constraints.txt" not in rest]
    # lfsc itself, which brings nothing.
    assert [rest.partition("pip install ")[2] for rest in unconstrained] == ["--no-deps ."]
    assert ("COPY", "pyproject.toml constraints.txt ./") in stages()["tools"]


def test_dependencies_are_installed_before_the_code_is_there():
    lines = stages()["installed"]
    installed = next(i for i, (_, rest) in enumerate(lines) if "--requirement requirements.txt" in rest)
    assert all(word != "COPY" for word, _ in lines[:installed])


def test_what_the_package_is_built_of_is_copied_and_not_ignored():
    copied = {
        name for word, rest in instructions() if word == "COPY" and "--from" not in rest for name in rest.split()[:-1]
    }
    built_of = {path.partition("/")[0] for path in PROJECT["tool"]["hatch"]["build"]["only-include"]}
    project = PROJECT["project"]
    assert copied == built_of | {project["readme"], *project["license-files"], "pyproject.toml", "constraints.txt"}
    assert all((ROOT / name).exists() for name in copied)
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines and {line[1:] for line in lines if line.startswith("!")} == copied


def test_the_image_has_no_compiler_and_no_root():
    last = stages()[""]
    assert not [rest for _, rest in last if "apt-get" in rest or "pip" in rest]
    settings = dict(last)
    assert settings["USER"] == "1000"
    assert settings["ENTRYPOINT"] == '["lfsc"]' and "lfsc" in PROJECT["project"]["scripts"]
    assert settings["VOLUME"] == f'["{settings["WORKDIR"]}/data", "{settings["WORKDIR"]}/runs"]'
