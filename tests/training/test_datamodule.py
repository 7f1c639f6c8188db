import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import toy
from corpora import write_corpus

from lfsc.data.filters import Filter

SCRIPT = Path(__file__).with_name("toy.py")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """Two corpora of 20 clips each."""
    audio = torch.sin(torch.arange(22050) ** 1.3 / 20)
    clips = {
        place: {
            "train": {f"{place[0]}{number}": audio[400 * number :] for number in range(20)},
            "val": {f"v{place[0]}{number}": audio[400 * number :] for number in range(3)},
        }
        for place in ("one/en", "two/de")
    }
    return write_corpus(tmp_path_factory.mktemp("corpus"), clips)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("batch_size", 0, "a whole number of 1 or more"),
        ("batch_size", -1, "a whole number of 1 or more"),
        ("crops_per_clip", 0, "a whole number of 1 or more"),
        ("crop_length", "x", "a whole number of 1 or more"),
        ("num_workers", 1.5, "a whole number of 0 or more"),
        ("min_duration", -1, "a number of 0 or more"),
        ("max_skipped_fraction", 1.5, "a number from 0 to 1"),
        ("val_crop_length", 0, "a whole number of 1 or more"),
        ("max_val_clips", -1, "a whole number of 0 or more"),
    ],
)
def test_what_no_data_can_have_is_refused(name, value, expected):
    with pytest.raises(ValueError, match=f"^{name} is {value!r}: expected {expected}$"):
        toy.data("anywhere", **{name: value})


@pytest.mark.parametrize("num_workers", [0, 3])
def test_a_resumed_trainer_sees_the_batches_that_would_have_come(corpus, tmp_path, num_workers):
    toy.fit(corpus, tmp_path / "whole.ckpt", tmp_path / "whole", num_workers=num_workers, updates=17)
    for updates in (7, 17):
        toy.fit(
            corpus, tmp_path / "parts.ckpt", tmp_path / "parts", num_workers=num_workers, updates=updates, save_every=1
        )
    assert lines(tmp_path / "parts") == lines(tmp_path / "whole")
    assert len(lines(tmp_path / "whole")) == 17


@pytest.mark.slow
def test_a_run_killed_anywhere_goes_on_exactly_in_a_new_process(corpus, tmp_path):
    toy.fit(corpus, tmp_path / "whole.ckpt", tmp_path / "whole", num_workers=2, updates=60)
    log = tmp_path / "killed"
    command = [sys.executable, SCRIPT, corpus, tmp_path / "killed.ckpt", log, "2", "60"]
    with subprocess.Popen(command, start_new_session=True) as process:
        kill_at = random.randint(5, 50)
        deadline = time.monotonic() + 60
        while (not log.exists() or len(lines(log)) < kill_at) and time.monotonic() < deadline:
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGKILL)
    killed_after = len(lines(log))
    assert killed_after >= kill_at
    subprocess.run(command, check=True)
    seen = lines(log)
    resumed_at = int(seen[killed_after].split()[0])
    assert 0 < resumed_at <= killed_after
    whole = lines(tmp_path / "whole")
    assert seen[:killed_after] == whole[:killed_after]
    assert seen[killed_after:] == whole[resumed_at:]


def test_lightning_fetches_no_batch_ahead(corpus, tmp_path):
    toy.fit(corpus, tmp_path / "a.ckpt", tmp_path / "log", num_workers=0, updates=3)
    state = torch.load(tmp_path / "a.ckpt", weights_only=True)["CodecDataModule"]["stream"]
    loader = state["ranks"][0]["SavableDataLoaderState"]["worker_states"][0]["FlexState"]
    assert loader["_sample_index"] == 3


@pytest.mark.parametrize(("device", "is_pinned"), [("cpu", False), ("cuda", True)])
def test_memory_is_pinned_for_a_trainer_on_a_gpu(corpus, monkeypatch, device, is_pinned):
    """Whether this machine has one or not."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: not is_pinned)
    data = toy.data(corpus)
    data.setup("fit")
    assert data.train_dataloader().loader.pin_memory is False
    strategy = SimpleNamespace(root_device=torch.device(device))
    data.trainer = SimpleNamespace(strategy=strategy)
    assert data.train_dataloader().loader.pin_memory is is_pinned


def test_the_shares_are_known_before_training(corpus):
    data = toy.data(corpus)
    data.setup("fit")
    assert [(row.corpus, row.language) for row in data.shares] == [("one", "en"), ("two", "de")]
    assert sum(row.share for row in data.shares) == pytest.approx(1)


@pytest.mark.parametrize("change", [{"max_val_clips": 0}, {}])
def test_without_validation_clips_there_are_no_batches(corpus, tmp_path, change):
    path = corpus
    if not change:
        path = write_corpus(tmp_path, {"one/en": {"train": {f"c{n}": torch.ones(9000) for n in range(8)}}})
    data = toy.data(path, **change)
    data.setup("fit")
    assert list(data.val_dataloader()) == []


def test_a_language_without_validation_clips_can_be_trained_alone(tmp_path):
    clips = {f"c{number}": torch.ones(9000) for number in range(8)}
    val = {"v": torch.ones(9000)}
    folder = write_corpus(tmp_path, {"one/en": {"train": clips, "val": val}, "one/de": {"train": clips}})
    data = toy.data(folder, filter=Filter(languages=["de"], seconds=None, bandwidth=None))
    data.setup("fit")
    assert [row.language for row in data.shares] == ["de"]
    assert list(data.val_dataloader()) == []


def test_validation_alone_does_not_open_the_training_data(corpus):
    data = toy.data(corpus)
    data.setup("validate")
    assert data.stream is None
    assert [len(batch.keys) for batch in data.val_dataloader()] == [4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "nowhere"}, "nowhere has no index.json"),
        ({"sample_rate": 16000}, "holds audio at 22050 Hz, the model is for 16000 Hz"),
        ({"batch_size": 64}, "40 clips to train on, fewer than"),
        ({"crops_per_clip": 3}, "batch_size=4 must be a multiple of crops_per_clip=3"),
    ],
)
def test_what_is_wrong_is_said_in_setup(corpus, change, message):
    data = toy.data(corpus)
    for name, value in change.items():
        setattr(data, name, value)
    with pytest.raises(ValueError, match=message) as raised:
        data.setup("fit")
    assert "\n" not in str(raised.value)
