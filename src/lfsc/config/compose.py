"""A recipe and its overrides, composed by Hydra into one plain configuration."""

import re
from copy import deepcopy
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from lfsc.config import from_weights
from lfsc.config.assignment import MISMATCH, UNKNOWN, assign, explain_unknown, remove, to_container
from lfsc.config.choices import as_hydra_override, is_choice, is_group, option_names, options_of, options_of_choice
from lfsc.config.from_weights import ReadArchitecture
from lfsc.config.hydra_files import quiet_plugins, read_as_recipes
from lfsc.config.overrides import Override, parse_overrides
from lfsc.config.own_code import make_importable
from lfsc.config.places import type_values
from lfsc.config.recipe_file import read_recipe
from lfsc.config.recipes import find_recipe, find_shipped, keys_left_open
from lfsc.config.scalars import unmark
from lfsc.config.schema import check_fits, check_kinds, follow_references, require_removable
from lfsc.config.words import quote
from lfsc.io.messages import one_line

# What Hydra says of a group that a recipe's `defaults` do not have.
LACKING = re.compile(r"Could not override '([^']+)'\. No match in the defaults list")


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
    of_architecture = [each for each in asked if from_weights.is_of_architecture(each.key)]
    others = [each for each in asked if each not in of_architecture]
    for_hydra = [each for each in others if each.removes or is_choice(each, path)]
    chosen = choose_options(path, for_hydra)
    schema = deepcopy(compose_schema(tuple(options_of(chosen))))
    for each in asked:
        if each.removes:
            require_removable(each.key, schema)
    with open_dict(chosen):
        del chosen["hydra"]
    require_all_sections(chosen, schema, path)
    change(chosen, [each for each in others if each not in for_hydra])
    if from_weights.is_marked(chosen):
        take_architecture(chosen, schema, asked, of_architecture, read_architecture)
    change(chosen, of_architecture)
    require_all_sections(chosen, schema, path)
    schema = follow_references(schema)
    typed = type_values(to_container(chosen), schema)
    check_fits(schema, typed, explain=lambda key: explain_unknown(key, schema))
    resolved = type_values(resolve(typed, path, open_keys, missing_allowed=missing_allowed), schema)
    # Again, with what references stand for.
    check_fits(schema, resolved, explain=lambda key: explain_unknown(key, schema))
    return drop_unused(resolved)


def choose_options(path: Path, choices: list[Override]) -> DictConfig:
    """What Hydra makes of a recipe and of overrides that choose options, or leave keys out."""
    for each in choices:
        if not (each.removes or all(isinstance(option, str) for option in options_of_choice(each))):
            options = ", ".join(option_names(each.key))
            raise ValueError(f"{each.item}: expected one of the options of {each.key}, which are {options}")
    try:
        return compose_file(path, [each.item if each.removes else as_hydra_override(each) for each in choices])
    except ValueError as error:
        lacking = LACKING.search(str(error))
        absent = next((each for each in choices if lacking and each.key == lacking[1] and is_group(each.key)), None)
        if absent is None:
            raise
    # A whole recipe, such as a sweep's best.yaml or a run's config.yaml, has the section itself.
    config = choose_options(path, [each for each in choices if each is not absent])
    option = compose_file(path, [f"+{as_hydra_override(absent)}"], alone=True)
    with open_dict(config):
        config.pop(absent.key, None)
        config.merge_with(option)
    return config


def change(config: DictConfig, overrides: list[Override]) -> None:
    """Set values and leave keys out, in the order of the overrides."""
    for each in overrides:
        apply = remove if each.removes else assign
        # As it was: what cannot be set has a section made for it.
        apply(config, each, explain=partial(explain_unknown, config=to_container(config)))


def resolve(typed: dict[str, Any], path: Path, open_keys: set[str], *, missing_allowed: bool) -> dict[str, Any]:
    """A configuration with values for its references; ValueError where keys are open, unless that is allowed."""
    config = OmegaConf.create(typed)
    for key in open_keys:
        if OmegaConf.select(config, key) is None:
            OmegaConf.update(config, key, "???")
    try:
        resolved = to_container(config, resolve=True, throw_on_missing=not missing_allowed)
    except MissingMandatoryValue as error:
        raise ValueError(f"{path.stem} leaves {error.full_key} open: add {error.full_key}=…") from error
    except OmegaConfBaseException as error:
        raise ValueError(f"{path.stem}: {one_line(error)}") from error
    if resolved.get("codec", {}).get(from_weights.MARKER) and resolved["init_from"] is None:
        raise ValueError(f"{path.stem}: codec=from_weights takes the codec of init_from: add init_from=…")
    return resolved


@lru_cache(maxsize=64)
def compose_schema(options: tuple[str, ...]) -> dict[str, Any]:
    """What train.yaml and options of its groups have: what a recipe may set, and of which kind."""
    schema = unmark(to_container(compose_file(find_shipped("conf") / "train.yaml", list(options))))
    del schema["hydra"]
    return schema


def require_all_sections(chosen: DictConfig, schema: dict[str, Any], path: Path) -> None:
    """ValueError where sections are missing, as in a recipe that extends none."""
    if missing := schema.keys() - chosen.keys():
        raise ValueError(
            f"{path.stem} lacks {', '.join(sorted(missing)[:3])} …: a recipe extends train or another recipe, as by "
            "`defaults: [demo, _self_]`, and takes no section away"
        )


def take_architecture(
    chosen: DictConfig,
    schema: dict[str, Any],
    asked: list[Override],
    of_architecture: list[Override],
    read_architecture: ReadArchitecture | None,
) -> None:
    """Give a recipe of `codec: from_weights` the architecture of its weights, which some overrides then change."""
    if read_architecture and chosen.init_from not in (None, "???"):
        asked_for = {each.key for each in asked}
        own = {key for key in ("sample_rate", "crop_length") if key in asked_for or chosen[key] != schema[key]}
        from_weights.take(chosen, schema, read_architecture(str(chosen.init_from)), set_keys=own)
    elif of_architecture:
        raise ValueError(
            f"{of_architecture[0].item} changes the codec or discriminators of init_from, which is open: "
            "add init_from=…"
        )


def compose_file(path: Path, overrides: list[str], *, alone: bool = False) -> DictConfig:
    """What Hydra makes of a file and overrides, or `alone` of these, with its own section `hydra`."""
    search_path = ",".join(quote(f"file://{find_shipped(place)}") for place in ("conf", "recipes"))
    try:
        with read_as_recipes(), initialize_config_dir(str(path.parent), version_base="1.3"), quiet_plugins():
            overrides = [*overrides, f"hydra.searchpath=[{search_path}]"]
            return hydra_compose(None if alone else path.stem, overrides=overrides, return_hydra_config=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise ValueError(explain(error, path)) from error
    except RecursionError as error:
        raise ValueError(f"{path.stem}: its `defaults`, or those of a recipe among them, name itself") from error


def explain(error: Exception, path: Path) -> str:
    """Hydra's complaint in one line, with what exists where something did not."""
    # Hydra gives some errors of OmegaConf without a word of its own.
    text = (one_line(error) or one_line(error.__cause__ or error)).partition(" Config search path")[0]
    if MISMATCH in text:
        try:
            check_kinds(compose_schema(()), unmark(read_recipe(path)))
        except ValueError as found:
            return f"{path.stem}: {found}"
    choice = re.search(r"Could not load '([^/']+)/([^']+)'", text)
    if choice:
        return f"no option {choice[2]!r} for {choice[1]}: there are {', '.join(option_names(choice[1]))}"
    option = re.search(r"Could not find '(\S+)' Available options in '(\S+)': (.*)", text)
    if option:
        return f"no option {option[1].rpartition('/')[2]!r} for {option[2]}: there are {', '.join(option[3].split())}"
    unknown = UNKNOWN.search(one_line(error.__cause__ or error))
    return explain_unknown(unknown[1], to_container(compose_file(path, []))) if unknown else f"{path.stem}: {text}"


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
