"""A logger that fails in the middle of a training: the training continues without it."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from lightning.pytorch.loggers import Logger

from lfsc.io.messages import describe

log = logging.getLogger(__name__)
# What is called while the training runs and at its end; what fails before it begins is the user's to mend.
CALLS = ("log_metrics", "log_audio", "log_image", "save", "finalize")


def let_fail(logger: Logger, where: str) -> Logger:
    """The logger; its first failure is a warning that names `where` it is configured, and the end of its work.

    If it has a method `abandon`, that is called then.
    """
    failed = False

    def guard(call: Callable) -> Callable:
        @wraps(call)
        def attempt(*arguments: Any, **settings: Any) -> Any:
            nonlocal failed
            if failed:
                return None
            try:
                return call(*arguments, **settings)
            except Exception as error:
                failed = True
                log.warning(
                    "%s failed (%s) and logs no more; the training continues, and metrics.csv has every row",
                    where,
                    describe(error),
                )
                if hasattr(logger, "abandon"):
                    logger.abandon()
                return None

        return attempt

    for name in CALLS:
        if hasattr(logger, name):
            setattr(logger, name, guard(getattr(logger, name)))
    return logger
