"""status.json: where the run stands, for people and for `lfsc runs`."""

import logging
import os
import socket
import time

from lightning.pytorch import Callback, Trainer

from lfsc.io.messages import one_line
from lfsc.runs.directory import Run
from lfsc.runs.status import FAILED, FINISHED, INTERRUPTED, RUNNING, Status
from lfsc.training.callbacks.preemption import Preemption
from lfsc.training.module import CodecModule

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_REPORTS = 10.0


class Heartbeat(Callback):
    """Reports every few seconds that the run is alive, and at the end how it ended.

    The first rank reports, but a failure is reported by the rank that has it: the others only know that they lost it.
    """

    def __init__(self, *, run: Run, max_updates: int, preemption: Preemption):
        self.run = run
        self.max_updates = max_updates
        self.preemption = preemption
        self.reported_at = 0.0
        self.before = run.status()

    def report(self, trainer: Trainer, module: CodecModule, state: str, message: str = "") -> None:
        if trainer.is_global_zero:
            self.run.write_status(state, module.updates, self.max_updates, message)
            self.reported_at = time.monotonic()

    def report_if_due(self, trainer: Trainer, module: CodecModule) -> None:
        due = trainer.is_global_zero and time.monotonic() - self.reported_at > SECONDS_BETWEEN_REPORTS
        if due and not failure_elsewhere(self.run, self.before):
            self.report(trainer, module, RUNNING)

    def on_train_start(self, trainer: Trainer, module: CodecModule) -> None:
        self.report(trainer, module, RUNNING)

    def on_train_batch_end(self, trainer: Trainer, module: CodecModule, *_) -> None:
        self.report_if_due(trainer, module)

    def on_validation_batch_end(self, trainer: Trainer, module: CodecModule, *_) -> None:
        self.report_if_due(trainer, module)

    def on_fit_end(self, trainer: Trainer, module: CodecModule) -> None:
        if module.updates >= self.max_updates:
            self.report(trainer, module, FINISHED)
        elif self.preemption.received:
            self.report(trainer, module, INTERRUPTED)
        else:
            self.report(trainer, module, FINISHED, f"stopped early: {stopping_reason(trainer)}")

    def on_exception(self, trainer: Trainer, module: CodecModule, exception: BaseException) -> None:
        try:
            if isinstance(exception, KeyboardInterrupt):
                self.report(trainer, module, INTERRUPTED, str(exception))
            elif not failure_elsewhere(self.run, self.before):
                self.run.write_status(FAILED, module.updates, self.max_updates, one_line(exception))
        except OSError as error:
            # A full disk may be what went wrong at first, which is reported better than by this.
            logger.warning("%s", one_line(error))


def stopping_reason(trainer: Trainer) -> str:
    """Why callbacks stopped a run before its last update, in their own words where they leave some."""
    callbacks = trainer.callbacks  # type: ignore[attr-defined]  # Lightning sets it from elsewhere
    reasons = [getattr(callback, "stopping_reason_message", None) for callback in callbacks]
    given = [reason.removesuffix(" Signaling Trainer to stop.") for reason in reasons if reason]
    return "; ".join(given) or "a callback asked for it"


def failure_elsewhere(run: Run, before: Status | None) -> str | None:
    """Why another rank of this start failed, if one did; `before` is the run's status before the start."""
    status = run.status()
    if status is None or status == before or status.state != FAILED:
        return None
    return status.message if (status.host, status.pid) != (socket.gethostname(), os.getpid()) else None
