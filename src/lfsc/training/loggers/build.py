"""The loggers of a run: metrics.csv always, and those of the section `logger` beside it."""

from inspect import signature
from typing import Any

from lightning.pytorch.loggers import Logger

from lfsc.config.instantiate import build, locate
from lfsc.runs.directory import Run
from lfsc.training.loggers.csv import MetricsCSV
from lfsc.training.loggers.failing import let_fail


def build_loggers(config: dict[str, Any], run: Run) -> list[Logger]:
    """Loggers; ValueError for an entry that makes none. Where an entry names no `save_dir`, it is the run's folder."""
    entries = {f"logger.{name}": settings for name, settings in config["logger"].items() if settings}
    return [MetricsCSV(run.metrics_file), *(build_logger(settings, run, where) for where, settings in entries.items())]


def build_logger(settings: dict[str, Any], run: Run, where: str) -> Logger:
    if not isinstance(settings, dict) or "_target_" not in settings:
        raise ValueError(f"{where} is {settings!r}: expected a section with `_target_`, as in conf/logger")
    if "save_dir" in signature(locate(settings["_target_"], f"{where} ({settings['_target_']})")).parameters:
        settings = {"save_dir": str(run.path)} | settings
    logger = build(settings, where=where)
    if not isinstance(logger, Logger):
        raise ValueError(f"{where} is a {type(logger).__name__}: expected a Lightning Logger")
    return let_fail(logger, where)
