"""A logger that fails does not end the training."""

import pytest
from lightning.pytorch.loggers import Logger

from lfsc.training.loggers.failing import let_fail
from lfsc.training.loggers.tensorboard import RunTensorBoard


class Fragile(Logger):
    """Fails at update 2."""

    name, version = "fragile", ""

    def __init__(self):
        super().__init__()
        self.calls = []

    def log_hyperparams(self, *_, **__):
        raise ConnectionError("nobody is there")

    def log_metrics(self, metrics, step=None):
        self.calls.append(step)
        if step == 2:
            raise ConnectionResetError("Connection\nlost")

    def finalize(self, status):
        self.calls.append(status)

    def abandon(self):
        self.calls.append("abandoned")


def test_the_first_failure_is_a_warning_and_the_last_call(caplog):
    logger = let_fail(Fragile(), "logger.fragile")
    for update in (1, 2, 3):
        logger.log_metrics({"val/mel": 0.5}, step=update)
    logger.finalize("success")
    assert logger.calls == [1, 2, "abandoned"]
    assert [record.getMessage() for record in caplog.records] == [
        "logger.fragile failed (ConnectionResetError: Connection lost) and logs no more; the training continues, and "
        "metrics.csv has every row"
    ]


def test_a_disk_that_is_full_for_tensorboard_is_told_as_such(tmp_path, small_disk, caplog):
    logger = let_fail(RunTensorBoard(str(tmp_path)), "logger.tensorboard")
    logger.log_metrics({"val/mel": 0.5}, step=0)
    with small_disk(0):
        for update in range(1000):
            logger.log_metrics({"val/mel": 0.5}, step=update)
    assert [record.getMessage() for record in caplog.records] == [
        "logger.tensorboard failed (File too large) and logs no more; the training continues, and metrics.csv has "
        "every row"
    ]


def test_what_fails_before_the_training_begins_ends_it():
    with pytest.raises(ConnectionError):
        let_fail(Fragile(), "logger.fragile").log_hyperparams({})
