"""Hydra's view of recipes: files that are read as `read_recipe` does, and no complaints of other plugins."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult
from omegaconf import OmegaConf

from lfsc.config.recipe_file import read_recipe
from lfsc.config.scalars import as_text


class RecipeFiles(FileConfigSource):
    """Hydra's source of files, whose YAML is read as `read_recipe` does."""

    def load_config(self, config_path: str) -> ConfigResult:
        path = Path(self.path) / self._normalize_file_name(config_path)
        config = read_recipe(path)
        config = {} if config is None else config
        if not isinstance(config, dict):
            raise ValueError(f"{path.name} is a {type(config).__name__}: expected keys and values")
        if "defaults" in config:
            config["defaults"] = names_in(config["defaults"])
        header = self._get_header_dict(path.read_text(encoding="utf-8-sig")[:512])
        return ConfigResult(
            provider=self.provider, path=self.full_path(), config=OmegaConf.create(config), header=header
        )

    def is_config(self, config_path: str) -> bool:
        path = Path(self.path) / self._normalize_file_name(config_path)
        if path.is_file():
            return True
        for other in path.parent.glob(f"{escape(path.stem)}.*"):
            if other.suffix.lower() in (".yaml", ".yml"):
                raise ValueError(f"{other}: a recipe's files end in .yaml; rename it to {path.name}")
        return False


def names_in(defaults: Any) -> Any:
    """A `defaults` list, in which every word is a name."""
    if isinstance(defaults, list):
        return [names_in(each) for each in defaults]
    if isinstance(defaults, dict):
        return {name: names_in(each) for name, each in defaults.items()}
    return as_text(defaults)


@contextmanager
def read_as_recipes() -> Iterator[None]:
    """Inside, Hydra reads files as RecipeFiles does; outside not, as other code may use Hydra too."""
    Plugins.instance()  # which registers Hydra's own sources
    types = SourcesRegistry.instance().types
    scheme = RecipeFiles.scheme()
    theirs, types[scheme] = types[scheme], RecipeFiles
    try:
        yield
    finally:
        types[scheme] = theirs


@contextmanager
def quiet_plugins() -> Iterator[None]:
    """energon brings a Hydra plugin for remote storage, which complains at length wherever none is set up."""
    logger = logging.getLogger("multistorageclient.contrib.hydra")
    disabled, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*msc-universal.*")
            yield
    finally:
        logger.disabled = disabled
