"""What the pages say exists: links, files, and the commands with their options and keys."""

import ast
import contextlib
import io
import json
import re
import shlex
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from data_prep.__main__ import make_parser as data_prep_parser
from lfsc.cli import VERBS
from lfsc.commands.sweep import OWN
from lfsc.config.compose import compose
from lfsc.config.recipes import recipe_names
from lfsc.sweep.search_space import parse

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *ROOT.glob("docs/*.md"),
    ROOT / "docs/tutorial.ipynb",
    ROOT / "recipes/README.md",
    ROOT / "benchmarks/README.md",
]
FOLDERS = ("benchmarks", "conf", "data_prep", "docs", "recipes", "src", "tests")


def text_of(path: Path) -> str:
    """A page as it is; of a notebook its text, and the commands that its code runs, as blocks of sh."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"]]
    return "\n".join(f"```sh\n{commands_in(source)}\n```" if kind == "code" else source for kind, source in cells)


def commands_in(code: str) -> str:
    """What stands in calls of `run`, a command a line."""
    calls = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return "\n".join(ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) == "run")


TEXTS = {path.relative_to(ROOT).as_posix(): text_of(path) for path in PAGES}


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXTS[page]):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert heading in map(anchor, headings), target


@pytest.mark.parametrize("page", [page for page in TEXTS if page != "CHANGELOG.md"])
def test_files_exist(page):
    # The table of what is read from others is a page of its own kind.
    text = TEXTS[page].partition("## What is read from others")[0]
    for name in re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w/.-]*)`", text):
        assert (ROOT / name).exists(), name


def commands(page: str) -> list[str]:
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", TEXTS[page], flags=re.DOTALL))
    inline = re.findall(r"`((?:lfsc|python -m data_prep) [^`]*)`", TEXTS[page])
    lines = blocks.replace("\\\n", " ").splitlines() + [" ".join(line.split()) for line in inline]
    return [line for line in lines if line.startswith(("lfsc ", "python -m data_prep "))]


def test_the_commands_of_the_notebook_are_found():
    verbs = [shlex.split(command)[1] for command in commands("docs/tutorial.ipynb")]
    assert {"evaluate", "train", "reconstruct", "report", "resume", "-m"} <= set(verbs)


@cache
def help_of(verb: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        import_module(f"lfsc.commands.{verb}").main(["--help"])
    return out.getvalue()


@pytest.mark.parametrize("page", TEXTS)
def test_commands_have_their_options(page):
    for command in commands(page):
        words = shlex.split(command, comments=True)
        if words[0] == "python":
            if "…" not in command and "VERB" not in words:
                data_prep_parser().parse_args(words[3:])
            continue
        assert words[1] in VERBS or words[1].isupper() or words[1] == "…", command
        for option in (word for word in words if word.startswith("--") and word != "--help"):
            assert option in help_of(words[1]), command


@pytest.mark.parametrize("page", TEXTS)
def test_trainings_compose(page):
    for command in commands(page):
        _, verb, *words = shlex.split(command, comments=True)
        if verb not in ("train", "sweep") or not words or words[0] not in recipe_names():
            continue
        items = [word for word in words[1:] if "=" in word and not word.startswith("-") and "…" not in word]
        items = [item for item in items if verb == "train" or item.partition("=")[0] not in OWN]
        first, *_ = parse(items).examples or [items]
        compose(words[0], first, missing_allowed=True)
