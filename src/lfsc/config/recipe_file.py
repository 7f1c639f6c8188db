"""Recipes as files: YAML whose words are read as on the command line."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from lfsc.config.scalars import read_scalar
from lfsc.io.safe_yaml import DAMAGE

# A few lines of anchors can stand for more than any memory holds.
MOST_VALUES = 100_000
PLAIN, MERGE = "!plain", "tag:yaml.org,2002:merge"


class RecipeLoader(yaml.SafeLoader):
    """YAML whose unquoted words are `read_scalar`'s, and whose keys are text: `no: 2` is about Norwegian."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        is_plain = kind is yaml.ScalarNode and implicit[0] and value != "<<"
        return PLAIN if is_plain else super().resolve(kind, value, implicit)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [key.value for key, _ in node.value if key.tag != MERGE]
        for number, name in enumerate(names):
            if not isinstance(name, str) or name in names[:number]:
                problem = "a key is no text" if not isinstance(name, str) else f"the key {name!r} is there twice"
                raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark)
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}

    def construct_map(self, node: yaml.MappingNode) -> dict[Hashable, Any]:
        # At once, so that PyYAML sees what would contain itself.
        return self.construct_mapping(node, deep=True)

    def construct_list(self, node: yaml.SequenceNode) -> list[Any]:
        return self.construct_sequence(node, deep=True)

    def construct_plain(self, node: yaml.ScalarNode) -> Any:
        return read_scalar(node.value) if node.value else None


RecipeLoader.add_constructor(PLAIN, RecipeLoader.construct_plain)
RecipeLoader.add_constructor("tag:yaml.org,2002:map", RecipeLoader.construct_map)
RecipeLoader.add_constructor("tag:yaml.org,2002:seq", RecipeLoader.construct_list)


class RecipeDumper(yaml.SafeDumper):
    """YAML that a RecipeLoader, and any other, reads as it was."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if read_scalar(text) == text else "'")


RecipeDumper.add_representer(str, RecipeDumper.represent_text)


def parse_recipe(content: bytes, name: str) -> Any:
    """What a recipe's file holds, with MARKs; ValueError, which names file and line, for what is no YAML in UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"{name}, line {line}: the file is not UTF-8; save it as UTF-8") from error
    try:
        recipe = yaml.load(text, Loader=RecipeLoader)
        size = count_values(recipe, {})
    except DAMAGE as error:
        raise ValueError(f"{name}{explain(error, text)}") from error
    if size > MOST_VALUES:
        raise ValueError(f"{name} has more than {MOST_VALUES} values, by anchors that stand for each other")
    return recipe


def count_values(value: Any, known: dict[int, int]) -> int:
    """How many values are in one; what an anchor stands for is the same object each time, and then `known`."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        inside = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(count_values(each, known) for each in inside)
    return known[id(value)]


def explain(error: Exception, text: str) -> str:
    """Where and what is wrong in a YAML text, with what most often is."""
    mark = getattr(error, "problem_mark", None)
    reason = " ".join(f"{getattr(error, 'problem', None) or error or type(error).__name__}".split())[:200]
    if mark is None:
        return f": {reason}"
    near = text.splitlines()[max(0, mark.line - 1) : mark.line + 1]
    tabs = "; there is a tab: YAML takes spaces" if any("\t" in line for line in near) else ""
    return f", line {mark.line + 1}: {reason}{tabs}"


def read_recipe(path: Path) -> Any:
    return parse_recipe(path.read_bytes(), path.name)


def as_yaml(config: dict[str, Any]) -> str:
    """A configuration as a recipe's file has it."""
    return yaml.dump(config, Dumper=RecipeDumper, sort_keys=False, allow_unicode=True)
