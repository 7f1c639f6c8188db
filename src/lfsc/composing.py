"""A recipe and its overrides, composed by Hydra into one plain configuration."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from lfsc.overrides import check_kinds, check_overrides, check_trainer_keys, instead, with_texts

PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """conf/ or recipes/: inside an installed package, at the top of a checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parents[1] / name


def recipe_names() -> list[str]:
    return sorted(path.stem for path in shipped("recipes").glob("*.yaml"))


def compose(recipe: str, overrides: list[str]) -> dict[str, Any]:
    """The resolved configuration of a recipe (a name in recipes/ or a path to a YAML file) and `key=value` overrides.

    ValueError, in one line that says what exists, for an unknown recipe, key, option or kind of value.
    """
    path = find_recipe(recipe)
    check_overrides(overrides)
    overrides = with_presets(overrides)
    chosen = composed(path, overrides)
    default = plain(composed(path, list(filter(is_option, overrides))))
    check_kinds(default, plain(chosen))
    check_trainer_keys(chosen.trainer, OmegaConf.load(shipped("conf") / "trainer" / "auto.yaml"))
    try:
        resolved = OmegaConf.to_container(chosen, resolve=True, throw_on_missing=True)
    except MissingMandatoryValue as error:
        raise ValueError(f"{path.stem} leaves {error.full_key} open: add {error.full_key}=…") from error
    except OmegaConfBaseException as error:
        raise ValueError(f"{path.stem}: {one_line(error)}") from error
    return without_unused(with_texts(default, resolved))


def override(config: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    """A run's own configuration with `key=value` overrides of keys that it has."""
    check_overrides(overrides)
    check_resolved(config)
    node = OmegaConf.create(config)
    OmegaConf.set_struct(node, True)
    try:
        for key, value in (item.split("=", 1) for item in with_presets(overrides)):
            OmegaConf.update(node, key, option_or_value(key, value), force_add=False, merge=False)
    except OmegaConfBaseException as error:
        hint = instead(error.full_key)
        raise ValueError(
            f"no key {error.full_key!r} in this run; "
            + (f"set {hint} instead" if hint else "its config.yaml has them all")
        ) from error
    chosen = OmegaConf.to_container(node, resolve=True)
    options = [item.partition("=")[0] for item in overrides if is_option(item)]
    check_kinds(config, chosen, free=["trainer.devices", *options])
    return with_texts(config, chosen)


def check_resolved(config: Any, key: str = "") -> None:
    """ValueError for ${…} in a run's configuration.

    It was resolved when it was written: somebody else would have put it there to read what is around now, such as
    variables of the environment.
    """
    if isinstance(config, str) and "${" in config:
        raise ValueError(f"{key} is {config[:60]!r} in the run's config.yaml: expected a value")
    items = config.items() if isinstance(config, dict) else enumerate(config) if isinstance(config, list) else ()
    for name, value in items:
        check_resolved(value, f"{key}.{name}".lstrip("."))


def is_option(item: str) -> bool:
    """Whether `key=value` chooses an option of a group, such as trainer=ddp."""
    key, _, value = item.partition("=")
    return (shipped("conf") / key / f"{value}.yaml").is_file()


def option_or_value(key: str, text: str) -> Any:
    """The section that an option of a group stands for, such as trainer=ddp, or the value itself."""
    if is_option(f"{key}={text}"):
        return plain(composed(shipped("conf") / "train.yaml", [f"{key}={text}"]))[key]
    return OmegaConf.create(f"value: {text}").value


def with_presets(overrides: list[str]) -> list[str]:
    """The overrides with debug=NAME replaced by what conf/debug/NAME.yaml sets; the others come after it and win."""
    names = [item.removeprefix("debug=") for item in overrides if item.startswith("debug=")]
    preset: list[str] = []
    for name in names:
        path = shipped("conf") / "debug" / f"{name}.yaml"
        if not path.is_file():
            existing = ", ".join(sorted(option.stem for option in path.parent.glob("*.yaml")))
            raise ValueError(f"no option {name!r} for debug: there are {existing}")
        preset += [f"{key}={value}" for key, value in OmegaConf.load(path).items()]
    return [*preset, *(item for item in overrides if not item.startswith("debug="))]


def find_recipe(recipe: str) -> Path:
    path = Path(recipe).expanduser() if recipe.endswith((".yaml", ".yml")) else shipped("recipes") / f"{recipe}.yaml"
    if not path.is_file():
        raise ValueError(
            f"no recipe {recipe!r}: there are {', '.join(recipe_names())}, or give the path of a YAML file"
        )
    return path.resolve()


def composed(path: Path, overrides: list[str]) -> DictConfig:
    places = ",".join(f"file://{shipped(name)}" for name in ("conf", "recipes"))
    try:
        with initialize_config_dir(config_dir=str(path.parent), version_base="1.3"), without_plugin_complaints():
            return hydra_compose(path.stem, overrides=[*overrides, f"hydra.searchpath=[{places}]"])
    except (HydraException, OmegaConfBaseException) as error:
        raise ValueError(explained(error, path)) from error


@contextmanager
def without_plugin_complaints() -> Iterator[None]:
    """energon brings a Hydra plugin for remote storage, which complains at length wherever none is set up."""
    logger = logging.getLogger("multistorageclient.contrib.hydra")
    disabled, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*msc-universal.*")
            yield
    finally:
        logger.disabled = disabled


def explained(error: Exception, path: Path) -> str:
    """Hydra's complaint in one line, with what exists where something did not."""
    text = one_line(error)
    option = re.search(r"Could not find '(\S+)' Available options in '(\S+)': (.*?) Config search path", text)
    if option:
        return f"no option {option[1].rpartition('/')[2]!r} for {option[2]}: there are {', '.join(option[3].split())}"
    unknown = re.search(r"Key '[^']+' is not in struct full_key: (\S+)", one_line(error.__cause__ or error))
    return unknown_key(unknown[1], path) if unknown else f"{path.stem}: {text}"


def unknown_key(full_key: str, path: Path) -> str:
    if hint := instead(full_key):
        return f"no key {full_key!r}: set {hint} instead"
    section, _, name = full_key.rpartition(".")
    recipe = composed(path, [])
    existing = sorted(OmegaConf.select(recipe, section) if section else recipe)
    if not section and name in recipe.trainer:
        return f"no key {full_key!r}: did you mean trainer.{name}?"
    close = get_close_matches(name, existing)
    hint = f"did you mean {' or '.join(close)}?" if close else f"{section or path.stem} has {', '.join(existing)}"
    return f"no key {full_key!r}: {hint}"


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def plain(config: DictConfig) -> dict[str, Any]:
    return OmegaConf.to_container(config, resolve=False)


def without_unused(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration without what is never built: losses of weight 0, and the judge of an SLM without a path."""
    losses, families = config["losses"], config["discriminators"]
    for group in ("reconstruction", "judged"):
        losses[group] = {name: loss for name, loss in losses[group].items() if loss["weight"]}
    if families.get("slm") and families["slm"]["slm"].get("path", "given") is None:
        del families["slm"]
    return config
