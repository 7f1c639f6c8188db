"""Recipes as files: where they are, which they extend, and what they leave open."""

from os.path import expanduser
from pathlib import Path
from typing import Any

from lfsc.config.overrides import NO_HYDRA
from lfsc.config.recipe_file import read_recipe
from lfsc.config.scalars import as_text

PACKAGE = Path(__file__).parents[1]


def find_shipped(name: str) -> Path:
    """conf/ or recipes/: inside an installed package, at the top of a checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parents[1] / name


def recipe_names() -> list[str]:
    return sorted(path.stem for path in find_shipped("recipes").glob("*.yaml"))


def find_recipe(recipe: str) -> Path:
    given = Path(expanduser(recipe))
    path = given if given.suffix == ".yaml" else find_shipped("recipes") / f"{recipe}.yaml"
    if path.is_file():
        return path.resolve()
    if given.is_file():
        raise ValueError(f"{given}: a recipe ends in .yaml; rename it to {given.with_suffix('.yaml').name}")
    raise ValueError(f"no recipe {recipe!r}: there are {', '.join(recipe_names())}, or give the path of a YAML file")


def find_beside(path: Path, recipe: str) -> Path:
    """The file of a recipe that another one extends."""
    beside = path.with_name(f"{recipe}.yaml")
    return beside if beside.is_file() else find_shipped("recipes") / beside.name


def keys_left_open(path: Path, *, extending: tuple[Path, ...] = ()) -> set[str]:
    """The keys that are `???` in a recipe or in one that it extends: for Hydra, train.yaml's null would fill them.

    ValueError for what is no recipe of YAML, and for one that extends itself.
    """
    recipe = read_recipe(path) or {}
    if not isinstance(recipe, dict):
        raise ValueError(f"{path.name} is a {type(recipe).__name__}: expected keys and values, as name: mine")
    if "hydra" in recipe:
        raise ValueError(f"{path.name} has a section hydra: {NO_HYDRA}")
    if path in extending:
        raise ValueError(
            f"{path.name}: its `defaults`, or those of a recipe among them, name itself"
            + (f"; to extend lfsc's {path.stem}, rename the file" if path.stem in recipe_names() else "")
        )
    entries = recipe.pop("defaults", None) or []
    extended = [find_beside(path, as_text(name)) for name in entries if isinstance(name, str)]
    return find_open(recipe).union(
        *(keys_left_open(each, extending=(*extending, path)) for each in extended if each.is_file())
    )


def find_open(config: dict[str, Any], section: str = "") -> set[str]:
    keys = {f"{section}{name}" for name, value in config.items() if value == "???"}
    return keys.union(*(find_open(v, f"{section}{name}.") for name, v in config.items() if isinstance(v, dict)))
