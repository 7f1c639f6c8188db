"""Which checkpoint a run stands for."""

import pytest
import yaml

from lfsc.runs.checkpoints import checkpoint_of, newest
from lfsc.runs.directory import Run
from lfsc.runs.metrics_rows import best_value, read_rows

ROWS = "update,val/mel,val/si_sdr\n0,1.0,\n5,0.5,3\n10,0.25,9\n15,0.75,1\n20,nan,2\n"


@pytest.fixture
def run(tmp_path):
    run = Run(tmp_path / "mine")
    run.checkpoints.mkdir(parents=True)
    for name in ("last", "update-00000015", "update-00000020", "best-00000005", "best-00000010", "best-00000020"):
        (run.checkpoints / f"{name}.ckpt").touch()
    run.metrics_file.write_text(ROWS)
    run.config_file.write_text(yaml.safe_dump({"monitor": "val/mel", "mode": "min"}))
    return run


def test_the_newest_the_best_and_one_of_an_update(run):
    names = {which: checkpoint_of(run, which).name for which in ("last", "best", "15", "5", "00000020")}
    assert names == {
        "last": "last.ckpt", "best": "best-00000010.ckpt", "15": "update-00000015.ckpt", "5": "best-00000005.ckpt",
        "00000020": "update-00000020.ckpt",
    }  # fmt: skip
    run.config_file.write_text(yaml.safe_dump({"monitor": "val/si_sdr", "mode": "max"}))
    assert checkpoint_of(run, "best").name == "best-00000010.ckpt"
    (run.checkpoints / "best-00000010.ckpt").unlink()
    assert checkpoint_of(run, "best").name == "best-00000005.ckpt"


def test_a_better_value_than_that_of_the_best_checkpoint_is_told(run, caplog):
    assert checkpoint_of(run, "best").name == "best-00000010.ckpt" and not caplog.messages
    run.metrics_file.write_text(ROWS.replace("0,1.0,", "0,0.125,"))
    assert checkpoint_of(run, "best").name == "best-00000010.ckpt"
    assert caplog.messages == [
        "mine@best is of update 10, where val/mel is 0.25; it was 0.125 at update 0, of which there is no checkpoint"
    ]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_of_several_that_are_best_the_first_counts(run, mode):
    run.config_file.write_text(yaml.safe_dump({"monitor": "val/mel", "mode": mode}))
    run.metrics_file.write_text("update,val/mel\n5,0.5\n10,0.5\n")
    assert checkpoint_of(run, "best").name == "best-00000005.ckpt"
    assert best_value(read_rows(run.metrics_file), "val/mel", mode) == (0.5, 5)


def test_what_is_not_there_is_told(run):
    with pytest.raises(ValueError, match=r"no checkpoint of update 7: mine@N .*, N of \[5, 10, 15, 20\]"):
        checkpoint_of(run, "7")
    with pytest.raises(ValueError, match="@worst: expected @last, @best or the number of an update, as in mine@best"):
        checkpoint_of(run, "worst")
    run.metrics_file.unlink()
    with pytest.raises(ValueError, match="kept no best checkpoint by val/mel"):
        checkpoint_of(run, "best")
    (run.checkpoints / "last.ckpt").unlink()
    with pytest.raises(ValueError, match=r"no last\.ckpt: mine@N takes that of an update, N of \[5"):
        checkpoint_of(run, "last")
    for path in run.checkpoints.iterdir():
        path.unlink()
    with pytest.raises(ValueError, match="no checkpoint yet"):
        checkpoint_of(run, "last")


@pytest.mark.parametrize("rank", [0, 1])
def test_one_rank_tells_of_a_damaged_checkpoint(run, rank, caplog, monkeypatch):
    monkeypatch.setattr("lfsc.runs.checkpoints.is_whole", lambda path: path.name == "update-00000015.ckpt")
    monkeypatch.setenv("RANK", str(rank))
    assert newest(run.checkpoints).name == "update-00000015.ckpt"
    assert len(caplog.messages) == 1 - rank
