"""Checkpointing on a disk that fails, and the choice of those to keep."""

import logging
import re
from pathlib import Path

import numpy
import pytest
import torch
from lightning.pytorch import Callback

from lfsc.runs.checkpoints import is_whole, newest
from lfsc.training.callbacks.checkpointing import Checkpointing
from lfsc.training.checkpoint_io import AtomicCheckpointIO, set_aside_newer
from lfsc.training.discriminator_warmup import DiscriminatorWarmup


class Module:
    def __init__(self):
        self.updates, self.validated_at = 0, -1
        self.warmup = DiscriminatorWarmup(updates=0)
        self.validation, self.measured = {}, {}


class Trainer:
    """Saves as Lightning's does, with nothing in it but the update."""

    is_global_zero = True
    should_stop = False
    callbacks = ()

    def __init__(self, module):
        self.module = module

    def save_checkpoint(self, path, weights_only):
        AtomicCheckpointIO().save_checkpoint({"updates": self.module.updates, "weights": torch.ones(1000)}, path)


@pytest.fixture
def keep(tmp_path):
    """A function that runs updates with these validations {update: mel} and returns the files that are left."""

    def run(updates, validations, **settings):
        settings = {"every": 2, "keep_last": 2, "save_top_k": 2, "monitor": "val/mel", "mode": "min"} | settings
        checkpoints, module = Checkpointing(folder=tmp_path, **settings), Module()
        trainer = Trainer(module)
        for module.updates in range(1, updates + 1):
            if module.updates in validations:
                module.validation, module.validated_at = {"val/mel": validations[module.updates]}, module.updates
            checkpoints.on_train_batch_end(trainer, module)
        return sorted(path.name for path in tmp_path.iterdir())

    return run


def test_the_last_and_the_best_are_kept(keep, tmp_path):
    names = keep(10, {3: 0.5, 6: 0.9, 7: 0.4, 10: 0.8})
    assert names == [
        "best-00000003.ckpt", "best-00000007.ckpt", "last.ckpt", "update-00000008.ckpt", "update-00000010.ckpt",
    ]  # fmt: skip
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["updates"] == 10
    assert torch.load(tmp_path / "best-00000007.ckpt", weights_only=True)["updates"] == 7


def test_copies_under_other_names_stay_and_do_not_count(keep, tmp_path):
    copies = {"best-copy.ckpt", "update-copy.ckpt"}
    for name in copies:
        (tmp_path / name).touch()
    assert set(keep(6, {2: 0.5})) == copies | {
        *("best-00000002.ckpt", "last.ckpt", "update-00000004.ckpt", "update-00000006.ckpt")
    }
    assert newest(tmp_path).name == "update-00000006.ckpt"


def test_the_best_may_be_the_largest(keep):
    assert [name for name in keep(4, {1: 0.1, 2: 0.3, 4: 0.2}, mode="max", save_top_k=1) if "best" in name] == [
        "best-00000002.ckpt"
    ]


def test_a_validation_that_is_not_a_number_is_not_the_best(keep):
    assert [name for name in keep(4, {2: float("nan"), 4: 0.2}) if "best" in name] == ["best-00000004.ckpt"]


def test_size_and_time_are_measured(tmp_path):
    module = Module()
    module.updates = 1
    Checkpointing(folder=tmp_path, every=1, keep_last=1, save_top_k=0, monitor="val/mel", mode="min").save(
        Trainer(module), module
    )
    assert module.measured["checkpoint/megabytes"] == pytest.approx(0.006, abs=0.004)
    assert module.measured["checkpoint/seconds"] > 0


@pytest.mark.parametrize(("settings", "message"), [({"mode": "best"}, "mode=best"), ({"keep_last": 0}, "keep_last=0")])
def test_what_cannot_be_is_refused(keep, settings, message):
    with pytest.raises(ValueError, match=message):
        keep(1, {}, **settings)


def test_a_metric_that_no_validation_gives_is_refused_at_once(tmp_path):
    module = Module()
    module.validation, module.validated_at = {"val/mel": 0.5, "val/stft": 0.1}, 0
    checkpoints = Checkpointing(folder=tmp_path, every=1, keep_last=1, save_top_k=1, monitor="val/mell", mode="min")
    with pytest.raises(ValueError, match="monitor=val/mell: a validation gives val/mel, val/stft"):
        checkpoints.on_train_start(Trainer(module), module)


@pytest.mark.parametrize("monitor", ["val/si_sdr", "val/codebook_usage", "val/codebook_entropy_3"])
def test_the_worst_are_not_kept(tmp_path, monitor):
    settings = {"folder": tmp_path, "every": 1, "keep_last": 1, "save_top_k": 1, "monitor": monitor}
    assert Checkpointing(**settings, mode="max").monitor == monitor
    with pytest.raises(ValueError, match=f"^monitor={monitor} with mode=min would keep the worst .*: add mode=max"):
        Checkpointing(**settings, mode="min")


def test_another_metric_ranks_the_best_anew(tmp_path):
    """By what metrics.csv has of them: values of two metrics cannot be compared."""
    settings = {"folder": tmp_path / "checkpoints", "every": 1, "keep_last": 1, "save_top_k": 2}
    before = Checkpointing(**settings, monitor="val/mel", mode="min")
    before.best = [[0.5, 20], [0.6, 10]]
    rows = "update,val/mel,val/si_sdr\n0,0.9,-3\n10,0.6,2\n20,0.5,1\n"
    (tmp_path / "metrics.csv").write_text(rows)
    after = Checkpointing(**settings, monitor="val/si_sdr", mode="max")
    after.load_state_dict(before.state_dict())
    assert after.best == [[-2, 10], [-1, 20]]
    after.load_state_dict({"best": [[-7, 20]]})
    assert after.best == [[-7, 20]], "of an lfsc that did not write what ranked"
    with pytest.raises(ValueError, match="monitor=val/nope: a validation gives val/mel, val/si_sdr"):
        Checkpointing(**settings, monitor="val/nope", mode="min").load_state_dict(before.state_dict())


class Keeps(Callback):
    """Keeps what it is given."""

    def __init__(self, state):
        self.state = state

    def state_dict(self):
        return self.state


FOREIGN = [
    ({"best": numpy.float64(0.5)}, r"\['best'\] is a float64"),
    ({"seen": [1, {Path("x")}]}, r"\['seen'\]\[1\] is a set"),
    ({"by": {(1, 2): 3}}, r"\['by'\] has the key \(1, 2\), which is a tuple"),
    ({"make": lambda: 1}, r"\['make'\] is a function"),
    ({"spectrum": torch.zeros(2, dtype=torch.complex64)}, r"\['spectrum'\] is a tensor of torch.complex64"),
]


@pytest.mark.parametrize(("state", "message"), FOREIGN)
def test_a_callback_that_keeps_what_cannot_be_read_back_is_refused_at_once(tmp_path, state, message):
    trainer = Trainer(Module())
    trainer.callbacks = [Keeps(state)]
    checkpoints = Checkpointing(folder=tmp_path, every=1, keep_last=1, save_top_k=1, monitor="val/mel", mode="min")
    with pytest.raises(ValueError, match=rf"^state_dict\(\) of Keeps{message}: a checkpoint holds tensors, numbers"):
        checkpoints.on_train_start(trainer, trainer.module)


@pytest.mark.parametrize(("state", "message"), FOREIGN)
def test_later_it_is_left_out_and_the_checkpoint_is_whole(tmp_path, caplog, state, message):
    path, writer = tmp_path / "update-00000001.ckpt", AtomicCheckpointIO()
    for _ in range(2):
        writer.save_checkpoint({"updates": 1, "callbacks": {"Keeps": state, "Other": {"a": (1, None)}}}, path)
    (message_of_one,) = caplog.messages
    assert re.match(rf"state_dict\(\) of Keeps{message}: .*; it is left out", message_of_one)
    assert is_whole(path)
    assert torch.load(path, weights_only=True)["callbacks"] == {"Other": {"a": (1, None)}}


def test_a_schedule_that_keeps_what_cannot_be_read_back_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"^the checkpoint\['lr_schedulers'\]\[0\]\['f'\] is a builtin_function_or_method"
    ):
        AtomicCheckpointIO().save_checkpoint({"updates": 1, "lr_schedulers": [{"f": print}]}, tmp_path / "a.ckpt")


@pytest.fixture
def saved(tmp_path):
    for update in (10, 20, 30):
        checkpoint = {"updates": update, "weights": torch.arange(50_000.0)}
        AtomicCheckpointIO().save_checkpoint(checkpoint, tmp_path / f"update-{update:08d}.ckpt")
    return tmp_path


def truncated(path):
    path.write_bytes(path.read_bytes()[:-1000])


def flipped(path):
    """One bit among the weights, which torch.load itself does not notice."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def emptied(path):
    path.write_bytes(b"")


def of_another_kind(path):
    torch.save({"weights": torch.ones(3)}, path)


@pytest.mark.parametrize("damage", [truncated, flipped, emptied, of_another_kind])
def test_a_damaged_last_falls_back_to_the_one_before(saved, damage, caplog):
    last = saved / "update-00000030.ckpt"
    assert is_whole(last)
    damage(last)
    with caplog.at_level(logging.WARNING):
        assert newest(saved) == saved / "update-00000020.ckpt"
    assert "update-00000030.ckpt cannot be read, so update-00000020.ckpt is taken" in caplog.text
    set_aside_newer(saved, 20)
    assert newest(saved) == saved / "update-00000020.ckpt"
    assert sorted(path.name for path in saved.iterdir())[-1] == "update-00000030.damaged"


def test_a_best_one_serves_where_the_last_ones_are_gone(saved):
    (saved / "update-00000010.ckpt").rename(saved / "best-00000010.ckpt")
    for path in saved.glob("update-*"):
        truncated(path)
    assert newest(saved).name == "best-00000010.ckpt"


def test_no_checkpoint_is_said_in_one_line(saved, tmp_path):
    for path in saved.iterdir():
        emptied(path)
    with pytest.raises(ValueError, match=r"update-00000030.ckpt, .*update-00000010.ckpt cannot be read"):
        newest(saved)
    with pytest.raises(ValueError, match="there is none; `lfsc train` starts over"):
        newest(tmp_path / "empty")


def test_a_full_disk_leaves_the_checkpoint_before(saved, small_disk):
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    refused = pytest.raises(OSError, match=r"update-00000030.ckpt could not be written, with \d+ MB free")
    with refused, small_disk(100_000):
        AtomicCheckpointIO().save_checkpoint(
            {"updates": 30, "weights": torch.ones(50_000)}, saved / "update-00000030.ckpt"
        )
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


def test_a_full_disk_says_which_checkpoint_is_the_one_before_or_that_there_is_none(saved, tmp_path, small_disk):
    (tmp_path / "new").mkdir()
    for folder, advice in ((saved, r"resumes from update-00000030\.ckpt"), (tmp_path / "new", "begin the run again")):
        with pytest.raises(OSError, match=advice), small_disk(100_000):
            AtomicCheckpointIO().save_checkpoint({"weights": torch.ones(50_000)}, folder / "update-00000040.ckpt")


def test_a_checkpoint_that_could_not_be_written_takes_no_room(saved, small_disk):
    """Its file is closed, so that status.json can say why the run ended, and the room told is what is there."""
    with pytest.raises(OSError, match="could not be written") as error, small_disk(100_000):
        AtomicCheckpointIO().save_checkpoint({"weights": torch.ones(50_000)}, saved / "update-00000030.ckpt")
    opened = [path.readlink().name for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    assert error.value.__traceback__ and not any("update-00000030" in name for name in opened)


def test_a_crash_while_saving_leaves_the_checkpoint_before(saved, monkeypatch):
    def crash(checkpoint, path):
        path.write_text("half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", crash)
    with pytest.raises(KeyboardInterrupt):
        AtomicCheckpointIO().save_checkpoint({}, saved / "update-00000030.ckpt")
    assert newest(saved).name == "update-00000030.ckpt"


def test_what_a_kill_left_half_written_is_removed(saved):
    half = saved / ".update-00000040.123.part.ckpt"
    half.write_text("half of it")
    Checkpointing(folder=saved, every=1, keep_last=1, save_top_k=0, monitor="val/mel", mode="min").setup(
        None, None, "fit"
    )
    assert not half.exists()
    assert newest(saved).name == "update-00000030.ckpt"
