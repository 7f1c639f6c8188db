"""What one sees, recorded from the console."""

import io
import types

import pytest
import torch
from rich.console import Console

from lfsc.training.callbacks.progress_bar import ProgressBar, duration
from lfsc.training.discriminator_warmup import DiscriminatorWarmup

VALIDATION = {
    "val/mel": 0.52, "val/stft": 0.31, "val/si_sdr": 1.5, "val/codebook_usage": 0.25, "val/codebook_entropy": 6.1,
}  # fmt: skip
PACE = {
    "throughput/updates_per_second": 2.5, "throughput/audio_seconds_per_second": 11.0,
    "throughput/waiting_for_data": 0.03, "throughput/peak_memory_gb": 1.2,
}  # fmt: skip


@pytest.fixture
def module():
    scalars = {"mel": torch.tensor(0.61), "stft": torch.tensor(0.4), "discriminator": torch.tensor(0.25)}
    return types.SimpleNamespace(
        updates=3,
        discriminators_started=True,
        warmup=DiscriminatorWarmup(updates=0),
        validated_at=3,
        validation=VALIDATION,
        measured=PACE,
        scalars=scalars,
    )


def watched(module, *, terminal, seconds=0.0):
    """A bar that has seen the start and one update, and what it drew."""
    bar = ProgressBar(max_updates=20)
    bar.console, bar.seconds = (
        Console(file=io.StringIO(), force_terminal=terminal, no_color=True, highlight=False, width=160),
        seconds,
    )
    trainer = types.SimpleNamespace(is_global_zero=True, should_stop=False)
    bar.on_train_start(trainer, module)
    module.updates += 1
    bar.on_train_batch_end(trainer, module)
    bar.on_train_end(trainer, module)
    return bar.console.file.getvalue()


def test_a_terminal_sees_losses_pace_and_memory(module):
    drawn = watched(module, terminal=True)
    for part in ("4/20", "mel 0.610", "disc 0.250", "2.50 updates/s", "11.0 s audio/s", "3% waiting", "1.2 GB"):
        assert part in drawn


@pytest.mark.parametrize("terminal", [True, False])
def test_a_validation_is_a_line(module, terminal):
    assert (
        "update 3: validation mel 0.5200, STFT 0.3100, SI-SDR 1.50 dB, codebooks 25% used, 6.10 bits a token"
        in watched(module, terminal=terminal)
    )


@pytest.mark.parametrize("terminal", [True, False])
def test_a_warmup_is_counted_apart(module, terminal):
    module.updates, module.validated_at = -1, 0  # 0 after the update that is watched
    module.warmup = DiscriminatorWarmup(updates=9)
    module.warmup.count_update()
    drawn = watched(module, terminal=terminal)
    assert ("1/9" if terminal else "warm-up 1 of 9: mel") in drawn
    assert "warm-up" in drawn
    assert "validation" not in drawn


def test_no_time_is_told_until_there_is_a_pace(module):
    bar = ProgressBar(max_updates=20)
    bar.console = Console(file=io.StringIO(), force_terminal=False, width=160)
    bar.draw(module, live=None)
    assert bar.console.file.getvalue().startswith("update 3 of 20: mel 0.610")


def test_a_file_gets_a_line_now_and_then_and_no_bar(module):
    drawn = watched(module, terminal=False)
    assert "━" not in drawn
    assert drawn.splitlines()[-1].startswith("update 4 of 20, ")
    assert "left: mel 0.610  stft 0.400" in drawn.splitlines()[-1]
    assert ProgressBar(max_updates=20).seconds == 60, "pytest is no terminal"


@pytest.mark.parametrize("terminal", [True, False])
def test_the_time_left_is_told_however_slow_updates_are(module, terminal, monkeypatch):
    monkeypatch.setattr("lfsc.training.callbacks.progress_bar.time.monotonic", lambda: now[0])
    now = [0.0]
    bar = ProgressBar(max_updates=20)
    bar.console = Console(file=io.StringIO(), force_terminal=terminal, no_color=True, highlight=False, width=160)
    trainer = types.SimpleNamespace(is_global_zero=True, should_stop=False)
    bar.on_train_start(trainer, module)
    for _ in range(3):
        now[0] += 400
        module.updates += 1
        bar.on_train_batch_end(trainer, module)
    bar.on_train_end(trainer, module)
    drawn = bar.console.file.getvalue()
    assert "1 h 33 min left" in drawn, "14 updates of 400 s"
    assert "-:--:--" not in drawn


def test_updates_with_discriminators_have_a_pace_of_their_own(module, monkeypatch):
    monkeypatch.setattr("lfsc.training.callbacks.progress_bar.time.monotonic", lambda: now[0])
    now, bar = [0.0], ProgressBar(max_updates=20)
    for started, seconds in [(False, 1)] * 5 + [(True, 10)] * 3:
        module.discriminators_started = started
        bar.note_pace(module)
        now[0] += seconds
        module.updates += 1
    assert bar.time_left(50) == "7 min left", "40 updates of 10 s"


def test_times_are_rounded():
    times = {5: "5 s", 80: "80 s", 130: "2 min", 3700: "1 h 02 min", 50000: "14 h", 86400 * 3: "3 days"}
    assert {seconds: duration(seconds) for seconds in times} == times


def test_losses_are_read_seldom(module):
    """Reading makes the host wait for the device: a tensor that cannot be read stands for that."""
    module.scalars = {"mel": torch.empty((), device="meta")}
    watched(module, terminal=True, seconds=1e9)


def test_other_ranks_draw_nothing(module, capsys):
    bar = ProgressBar(max_updates=20)
    bar.on_train_start(types.SimpleNamespace(is_global_zero=False), module)
    bar.on_train_batch_end(types.SimpleNamespace(should_stop=False), module)
    assert capsys.readouterr() == ("", "")
