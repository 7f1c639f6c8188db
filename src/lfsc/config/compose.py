"""A recipe and its overrides, composed by Hydra into one plain configuration."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, ListConfig, OmegaConf, open_dict
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from lfsc.config import from_weights
from lfsc.config.from_weights import ReadArchitecture
from lfsc.config.hydra_files import quiet_plugins, recipes_as_read
from lfsc.config.instantiate import one_line
from lfsc.config.overrides import NO_HYDRA, Override, instead, parse_overrides
from lfsc.config.own_code import make_importable
from lfsc.config.places import settle
from lfsc.config.recipe_file import read_recipe
from lfsc.config.scalars import as_text, unmark
from lfsc.config.schema import check_fits
from lfsc.config.words import quote

UNKNOWN = re.compile(r"Key '[^']+' is not in struct full_key: (\S+)")
PACKAGE = Path(__file__).parents[1]


def find_shipped(name: str) -> Path:
    """conf/ or recipes/: inside an installed package, at the top of a checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parents[1] / name


def recipe_names() -> list[str]:
    return sorted(path.stem for path in find_shipped("recipes").glob("*.yaml"))


def compose(
    recipe: str,
    overrides: list[str],
    *,
    missing_allowed: bool = False,
    read_architecture: ReadArchitecture | None = None,
) -> dict[str, Any]:
    """The resolved configuration of a recipe (a name in recipes/ or a path to a YAML file) and `key=value` overrides.

    ValueError, in one line that says what exists, for an unknown recipe, key, option or kind of value, in the recipe's
    file as among the overrides. What is left open is an error too, or with `missing_allowed` stays `???`. A folder
    that holds a recipe of one's own can be imported from. `read_architecture` says what weights are of, for recipes of
    `codec: from_weights`, which without it stay as they are.
    """
    path = find_recipe(recipe)
    asked = parse_overrides(overrides)
    open_keys = keys_left_open(path)
    if path.parent != find_shipped("recipes"):
        make_importable(path.parent)
    # Hydra chooses options and leaves out; values are set here, as its grammar reads words otherwise than YAML does.
    # What changes the architecture comes after that of the weights, which may have to be taken first.
    later = [each for each in asked if from_weights.is_of_sections(each.key)]
    for_hydra = [each for each in asked if each not in later and (each.removes or is_choice(each, path))]
    for each in for_hydra:
        if not (each.removes or all(isinstance(option, str) for option in options_of_choice(each))):
            options = ", ".join(option_names(each.key))
            raise ValueError(f"{each.item}: expected one of the options of {each.key}, which are {options}")
    chosen = compose_file(path, [each.item if each.removes else in_hydras_words(each) for each in for_hydra])
    # What train.yaml and the same options of its groups have: what a recipe may set, and of which kind.
    schema = unmark(to_container(compose_file(find_shipped("conf") / "train.yaml", options_of(chosen))))
    with open_dict(chosen):
        del chosen["hydra"], schema["hydra"]
    for each in asked:
        if each not in for_hydra and each not in later:
            assign(chosen, each, explain=lambda key: explain_unknown(key, to_container(chosen)))
    if from_weights.is_marked(chosen):
        if read_architecture and chosen.init_from not in (None, "???"):
            asked_for = {each.key for each in asked}
            own = {key for key in ("sample_rate", "crop_length") if key in asked_for or chosen[key] != schema[key]}
            from_weights.take(chosen, schema, read_architecture(str(chosen.init_from)), set_keys=own)
        elif later:
            raise ValueError(
                f"{later[0].item} changes the codec or discriminators of init_from, which is open: add init_from=…"
            )
    for each in later:
        change = remove if each.removes else assign
        change(chosen, each, explain=lambda key: explain_unknown(key, to_container(chosen)))
    if missing := schema.keys() - chosen.keys():
        raise ValueError(
            f"{path.stem} lacks {', '.join(sorted(missing)[:3])} …: a recipe extends train or another recipe, as by "
            "`defaults: [demo, _self_]`"
        )
    settled = settle(to_container(chosen), schema)
    check_fits(schema, settled, explain=lambda key: explain_unknown(key, schema))
    chosen = OmegaConf.create(settled)
    for key in open_keys:
        if OmegaConf.select(chosen, key) is None:
            OmegaConf.update(chosen, key, "???")
    try:
        resolved = to_container(chosen, resolve=True, throw_on_missing=not missing_allowed)
    except MissingMandatoryValue as error:
        raise ValueError(f"{path.stem} leaves {error.full_key} open: add {error.full_key}=…") from error
    except OmegaConfBaseException as error:
        raise ValueError(f"{path.stem}: {one_line(error)}") from error
    if resolved.get("codec", {}).get(from_weights.MARKER) and resolved["init_from"] is None:
        raise ValueError(f"{path.stem}: codec=from_weights takes the codec of init_from: add init_from=…")
    return drop_unused(settle(resolved, schema))


def is_choice(override: Override, path: Path) -> bool:
    """Whether an override chooses an option of a group: one of conf/ or of a folder beside the recipe."""
    if "@" in override.key or ("/" in override.key and "." not in override.key):
        return True
    places = (path.parent, find_shipped("conf"), find_shipped("recipes"))
    return not isinstance(override.value, dict) and any((place / override.key).is_dir() for place in places)


def options_of_choice(override: Override) -> list[Any]:
    return override.value if isinstance(override.value, list) else [override.value]


def in_hydras_words(override: Override) -> str:
    """A choice of one or several options, whose names may be of any letters."""
    names = [quote(as_text(name)) for name in options_of_choice(override)]
    value = f"[{','.join(names)}]" if isinstance(override.value, list) else names[0]
    return f"{override.sign}{override.key}={value}"


def assign(config: DictConfig, override: Override, *, explain: Callable[[str], str]) -> None:
    """Set a value; ValueError for a key that is not there, or with + is."""
    key, value = override.key, override.value
    try:
        there = OmegaConf.select(config, key, throw_on_missing=False)
        if override.sign == "+" and there is not None and not isinstance(value, dict):
            raise ValueError(f"{override.item}: there is a {key} already; {key}=… changes it")
        OmegaConf.update(config, key, value, merge=True, force_add=bool(override.sign))
    except OmegaConfBaseException as error:
        unknown = UNKNOWN.search(one_line(error))
        raise ValueError(explain(unknown[1]) if unknown else f"{override.item}: {one_line(error)}") from error


def remove(config: DictConfig, override: Override, *, explain: Callable[[str], str]) -> None:
    """Leave a key out; ValueError where it is not there."""
    section, _, name = override.key.rpartition(".")
    parent = OmegaConf.select(config, section)
    if not OmegaConf.is_dict(parent) or name not in parent:
        raise ValueError(explain(override.key if OmegaConf.is_dict(parent) else section))
    with open_dict(parent):
        del parent[name]


def option_names(group: str) -> list[str]:
    return sorted(path.stem for path in (find_shipped("conf") / group).glob("*.yaml"))


def is_option(item: str) -> bool:
    """Whether `key=value` chooses an option of a group, such as trainer=ddp."""
    key, _, value = item.partition("=")
    return (find_shipped("conf") / key / f"{value}.yaml").is_file()


def options_of(config: DictConfig) -> list[str]:
    """The options of conf/ that a composed configuration is made of, as overrides.

    Not those of debug, which set keys of all sections, nor options of the user's own: they are held against ours.
    """
    items = [f"{group}={choice}" for group, choice in config.hydra.runtime.choices.items() if group != "debug"]
    return [item for item in items if is_option(item)]


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


def find_beside(path: Path, recipe: str) -> Path:
    """The file of a recipe that another one extends."""
    beside = path.with_name(f"{recipe}.yaml")
    return beside if beside.is_file() else find_shipped("recipes") / beside.name


def find_recipe(recipe: str) -> Path:
    path = (
        Path(recipe).expanduser() if recipe.endswith((".yaml", ".yml")) else find_shipped("recipes") / f"{recipe}.yaml"
    )
    if path.is_file() and path.suffix == ".yml":
        raise ValueError(f"{path}: a recipe ends in .yaml; rename it to {path.with_suffix('.yaml').name}")
    if not path.is_file():
        raise ValueError(
            f"no recipe {recipe!r}: there are {', '.join(recipe_names())}, or give the path of a YAML file"
        )
    return path.resolve()


def compose_file(path: Path, overrides: list[str]) -> DictConfig:
    """What Hydra makes of a file and overrides, with its own section `hydra`."""
    search_path = ",".join(quote(f"file://{find_shipped(place)}") for place in ("conf", "recipes"))
    try:
        with recipes_as_read(), initialize_config_dir(str(path.parent), version_base="1.3"), quiet_plugins():
            overrides = [*overrides, f"hydra.searchpath=[{search_path}]"]
            return hydra_compose(path.stem, overrides=overrides, return_hydra_config=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise ValueError(explain(error, path)) from error
    except RecursionError as error:
        raise ValueError(f"{path.stem}: its `defaults`, or those of a recipe among them, name itself") from error


def explain(error: Exception, path: Path) -> str:
    """Hydra's complaint in one line, with what exists where something did not."""
    text = one_line(error).partition(" Config search path")[0]
    choice = re.search(r"Could not load '([^/']+)/([^']+)'", text)
    if choice:
        return f"no option {choice[2]!r} for {choice[1]}: there are {', '.join(option_names(choice[1]))}"
    option = re.search(r"Could not find '(\S+)' Available options in '(\S+)': (.*)", text)
    if option:
        return f"no option {option[1].rpartition('/')[2]!r} for {option[2]}: there are {', '.join(option[3].split())}"
    unknown = UNKNOWN.search(one_line(error.__cause__ or error))
    return explain_unknown(unknown[1], to_container(compose_file(path, []))) if unknown else f"{path.stem}: {text}"


def explain_unknown(full_key: str, config: dict[str, Any]) -> str:
    """That a key is unknown, and which was meant or which there are beside it."""
    if hint := instead(full_key):
        return f"no key {full_key!r}: set {hint} instead"
    section, _, name = full_key.rpartition(".")
    existing = sorted(OmegaConf.select(OmegaConf.create(config), section) if section else config)
    if not section and name in config["trainer"]:
        return f"no key {full_key!r}: did you mean trainer.{name}?"
    close = get_close_matches(name, existing)
    known = ", ".join(key for key in existing if key != "hydra")
    hint = f"did you mean {' or '.join(close)}?" if close else f"{section or 'a recipe'} has {known}"
    return f"no key {full_key!r}: {hint}"


def to_container(
    config: DictConfig | ListConfig, *, resolve: bool = False, throw_on_missing: bool = False
) -> dict[str, Any]:
    return cast(dict[str, Any], OmegaConf.to_container(config, resolve=resolve, throw_on_missing=throw_on_missing))


def drop_unused(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration without what is never built: losses of weight 0, families of null, an SLM without a path."""
    losses, families = config["losses"], config["discriminators"]
    for group in ("reconstruction", "adversarial"):
        losses[group] = {name: loss for name, loss in losses[group].items() if loss and loss["weight"]}
    config["discriminators"] = {
        name: family for name, family in families.items() if family is not None and not lacks_model(family)
    }
    return config


def lacks_model(family: Any) -> bool:
    return isinstance(family, dict) and isinstance(family.get("slm"), dict) and family["slm"].get("path", "") is None
