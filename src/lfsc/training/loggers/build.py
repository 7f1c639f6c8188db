"""The loggers of a run: metrics.csv always, and those of the section `logger` beside it."""

from inspect import signature
from typing import Any

from lightning.pytorch.loggers import Logger

from lfsc.config.instantiate import build, locate
from lfsc.runs.directory import Run
from lfsc.training.loggers.csv import MetricsCSV


def build_loggers(config: dict[str, Any], run: Run) -> list[Logger]:
    """Loggers; ValueError for an entry that makes none. Where an entry names no `save_dir`, it is the run's folder."""
    loggers: list[Logger] = [MetricsCSV(run.metrics_file)]
    for name, settings in config["logger"].items():
        if not settings:
            continue
        logger = build(saved_in(run, settings), where=f"logger.{name}")
        if not isinstance(logger, Logger):
            raise ValueError(f"logger.{name} is a {type(logger).__name__}: expected a Lightning Logger")
        loggers.append(logger)
    return loggers


def saved_in(run: Run, settings: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(settings, dict) or "_target_" not in settings:
        raise ValueError(f"logger has {settings!r}: expected a section with `_target_`, as in conf/logger")
    try:
        parameters = signature(locate(settings["_target_"])).parameters
    except (TypeError, ValueError):
        return settings  # building it says what is wrong
    return {"save_dir": str(run.path)} | settings if "save_dir" in parameters else settings
