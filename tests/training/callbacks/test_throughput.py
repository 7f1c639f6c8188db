"""How fast, and how much of it is waiting."""

import time
import types

import pytest
import torch

from lfsc.runs.directory import Run
from lfsc.training.build import build_callbacks
from lfsc.training.callbacks import throughput
from lfsc.training.callbacks.loss_gradient_norms import LossGradientNorms
from lfsc.training.callbacks.throughput import Throughput, peak_memory


def test_pace_of_two_updates():
    pace = Throughput(sample_rate=100, window=2)
    trainer = types.SimpleNamespace(world_size=3, should_stop=False)
    module = types.SimpleNamespace(measured={}, device=torch.device("cpu"))
    batch = types.SimpleNamespace(audio=torch.zeros(2, 50))
    pace.on_train_start(trainer, module)
    for _ in range(2):
        time.sleep(0.03)  # for data
        pace.on_train_batch_start(trainer, module)
        time.sleep(0.01)
        pace.on_train_batch_end(trainer, module, None, batch)
    reported = module.measured
    assert 5 < reported["throughput/updates_per_second"] < 25
    assert reported["throughput/audio_seconds_per_second"] == pytest.approx(
        3 * reported["throughput/updates_per_second"]
    )
    assert 0.5 < reported["throughput/waiting_for_data"] < 0.95
    assert pace.updates == 0, "the next window begins"


def test_a_window_ends_when_the_device_is_done(monkeypatch):
    """And only there does anybody wait for it."""
    waited = []
    monkeypatch.setattr(throughput, "synchronize", lambda: waited.append(time.sleep(0.05)))
    pace = Throughput(sample_rate=100, window=3)
    trainer = types.SimpleNamespace(world_size=1, should_stop=False)
    module = types.SimpleNamespace(measured={}, device=torch.device("cpu"))
    pace.on_train_start(trainer, module)
    waited.clear()
    for update in range(3):
        pace.on_train_batch_start(trainer, module)
        pace.on_train_batch_end(trainer, module, None, types.SimpleNamespace(audio=torch.zeros(2, 50)))
        assert len(waited) == (0 if update < 2 else 2), "at the end, and before the next begins"
    assert module.measured["throughput/updates_per_second"] < 3 / 0.05


@pytest.mark.parametrize("interrupt", ["on_validation_start", "on_save_checkpoint"])
def test_a_window_may_be_longer_than_what_comes_between_validations_and_checkpoints(monkeypatch, interrupt):
    """Which count neither as updates nor as waiting: updates take 4 s, of which 1 is waiting, and interruptions 50."""
    now = [0.0]
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: now[0])
    pace = Throughput(sample_rate=100, window=6)
    trainer = types.SimpleNamespace(world_size=1, should_stop=False)
    module = types.SimpleNamespace(measured={}, device=torch.device("cpu"))
    pace.on_train_start(trainer, module)
    for update in range(6):
        now[0] += 0 if update in (2, 4) else 1
        pace.on_train_batch_start(trainer, module)
        now[0] += 4 if update in (2, 4) else 3
        pace.on_train_batch_end(trainer, module, None, types.SimpleNamespace(audio=torch.zeros(2, 50)))
        if update in (1, 3):
            getattr(pace, interrupt)(trainer, module)
            now[0] += 50
    assert module.measured["throughput/updates_per_second"] == pytest.approx(1 / 4)
    assert module.measured["throughput/waiting_for_data"] == pytest.approx(4 / 24)


def test_an_interruption_before_a_window_is_not_of_it():
    pace = Throughput(sample_rate=100, window=10)
    pace.on_train_start(None, None)
    pace.on_save_checkpoint(None, None, {})
    time.sleep(0.05)
    pace.on_train_batch_start(None, None)
    assert pace.waited < 0.05 and pace.ended == pytest.approx(pace.begin)


def test_what_is_measured_before_an_update_is_no_waiting(configure, tmp_path):
    callbacks = build_callbacks(configure("loss_gradients_every=1"), Run(tmp_path))
    kinds = [type(callback) for callback in callbacks]
    assert kinds.index(Throughput) < kinds.index(LossGradientNorms)


def test_memory_is_in_bytes():
    assert 1e7 < peak_memory(torch.device("cpu")) < 1e12
