"""W&B and TensorBoard over a kill: one run, without holes and without repeats."""

import collections
import os
import signal
import struct

import pytest

from lfsc.training import assembly
from lfsc.training.loggers import wandb_id
from lfsc.training.stopping import StopAt

SETTINGS = ("max_updates=8", "validate_every=4", "checkpoint_every=3", "log_every=1")


@pytest.fixture
def killed_and_resumed(micro, configure):
    """A function that trains with a logger, is killed after the seventh update, and goes on from the sixth."""

    def run(*overrides):
        config = configure(*SETTINGS, *overrides)
        process = micro.started(train_until_killed, micro, config)
        process.join(120)
        assert process.exitcode == -signal.SIGKILL
        micro.resume(config)
        return micro.run_of(config)

    return run


def train_until_killed(micro, config):
    class Death(StopAt):
        """Dies after an update is recorded and before the next ends."""

        def on_train_batch_end(self, trainer, module, *_):
            if module.updates == 8:
                os.kill(os.getpid(), signal.SIGKILL)

    assembly.StopAt = Death
    micro.train(config)


def wandb_history(run):
    """How often W&B's offline files have each update."""
    from wandb.proto.wandb_internal_pb2 import Record

    updates = collections.Counter()
    for path in sorted(run.path.glob("wandb/offline-run-*/*.wandb")):
        for content in leveldb_records(path.read_bytes()):
            record = Record.FromString(content)
            if record.WhichOneof("record_type") == "history":
                items = {item.key or item.nested_key[0]: item.value_json for item in record.history.item}
                updates[int(items["trainer/global_step"])] += 1
    return updates


def leveldb_records(log):
    """The records of a file in LevelDB's log format: pieces with a header of 7 bytes, in blocks of 32 kB."""
    place, block, pieces = 7, 32768, b""
    while place + 7 <= len(log):
        if block - place % block < 7:
            place += block - place % block
            continue
        length, kind = struct.unpack("<HB", log[place + 4 : place + 7])
        pieces += log[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # a whole record, or the last piece of one
            yield pieces
            pieces = b""


@pytest.mark.slow
def test_wandb_goes_on_with_the_same_run(killed_and_resumed, monkeypatch):
    monkeypatch.setenv("WANDB_SILENT", "true")
    run = killed_and_resumed("logger=wandb", "logger.mode=offline")
    assert wandb_history(run) == dict.fromkeys(range(9), 1)
    names = {path.name.rpartition("-")[2] for path in run.path.glob("wandb/offline-run-*")}
    assert names == {wandb_id(run)} == {run.wandb_file.read_text().strip()}


def test_tensorboard_goes_on_with_the_same_run(killed_and_resumed):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = killed_and_resumed("logger=tensorboard", "samples=1")
    events = EventAccumulator(str(run.path / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("train/mel")] == list(range(1, 9))
    assert [event.step for event in events.Scalars("val/mel")] == [0, 4, 8]
    (original,) = (tag for tag in events.Tags()["audio"] if tag.startswith("original/"))
    assert [event.step for event in events.Audio(original.replace("original", "reconstruction"))] == [0, 4, 8]


def test_another_start_is_another_run_of_wandbs(micro, configure):
    run = micro.run_of(configure())
    first = wandb_id(run)
    assert first == wandb_id(run) and len(first) == 16
    run.clear()
    assert wandb_id(run) != first


def test_an_unknown_logger_is_refused(configure, micro):
    config = configure()
    with pytest.raises(ValueError, match="logger.kind=paper: expected csv, tensorboard or wandb"):
        assembly.build_loggers(config | {"logger": {"kind": "paper"}}, micro.run_of(config), resumed_at=None)
