"""status.json: where the run stands, for people and for `lfsc runs`."""

import logging
import os
import socket
import time

from lightning.pytorch import Callback, LightningModule, Trainer

from lfsc.runs.directory import Run
from lfsc.runs.status import FAILED, FINISHED, INTERRUPTED, RUNNING, Status

logger = logging.getLogger(__name__)


class Heartbeat(Callback):
    """Says every `seconds` that the run is alive, and at the end how it ended.

    The first rank speaks, but a failure is told by the rank that has it: the others only hear that they lost it.
    """

    def __init__(self, *, run: Run, max_updates: int, seconds: float = 10.0):
        self.run = run
        self.max_updates = max_updates
        self.seconds = seconds
        self.said = 0.0
        self.before = run.status()

    def say(self, trainer: Trainer, module: LightningModule, state: str, message: str = "") -> None:
        if trainer.is_global_zero:
            self.run.write_status(state, module.updates, self.max_updates, message)
            self.said = time.monotonic()

    def say_now_and_then(self, trainer: Trainer, module: LightningModule) -> None:
        due = trainer.is_global_zero and time.monotonic() - self.said > self.seconds
        if due and not failure_elsewhere(self.run, self.before):
            self.say(trainer, module, RUNNING)

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.say(trainer, module, RUNNING)

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_) -> None:
        self.say_now_and_then(trainer, module)

    def on_validation_batch_end(self, trainer: Trainer, module: LightningModule, *_) -> None:
        self.say_now_and_then(trainer, module)

    def on_fit_end(self, trainer: Trainer, module: LightningModule) -> None:
        self.say(trainer, module, FINISHED if module.updates >= self.max_updates else INTERRUPTED)

    def on_exception(self, trainer: Trainer, module: LightningModule, exception: BaseException) -> None:
        try:
            if isinstance(exception, KeyboardInterrupt):
                self.say(trainer, module, INTERRUPTED, str(exception))
            elif not failure_elsewhere(self.run, self.before):
                message = " ".join(str(exception).split())
                self.run.write_status(FAILED, module.updates, self.max_updates, message)
        except OSError as error:
            # A full disk may be what went wrong at first, which is told better than by this.
            logger.warning("%s could not be written: %s", self.run.status_file, error)


def failure_elsewhere(run: Run, before: Status | None) -> str | None:
    """What another rank of this start failed of, if one did; `before` is the run's status before the start."""
    status = run.status()
    if status is None or status == before or status.state != FAILED:
        return None
    return status.message if (status.host, status.pid) != (socket.gethostname(), os.getpid()) else None
