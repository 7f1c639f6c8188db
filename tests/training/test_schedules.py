"""Learning rates over updates."""

import math

import pytest
import torch
from torch.optim.lr_scheduler import ExponentialLR

from lfsc.training.schedules import ExponentialDecay, WarmupCosine


def rates(schedule, *, updates, lr=3e-4, **settings):
    """The learning rate of each update."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=lr)
    scheduler = schedule(optimizer, **settings)
    found = []
    for _ in range(updates):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_exponential_decay_is_torchs_stepped_once_a_period():
    """To the last bit: both multiply the rate that there is."""
    found = rates(ExponentialDecay, updates=41, decay=0.998, period=4)
    assert found[::4] == rates(ExponentialLR, updates=11, gamma=0.998)
    assert all(found[update] == found[update // 4 * 4] for update in range(41))


def test_warmup_cosine_is_its_formula():
    found = rates(WarmupCosine, updates=25, lr=1.0, warmup_updates=4, max_updates=20, final=0.1)
    assert found[:5] == pytest.approx([1 / 5, 2 / 5, 3 / 5, 4 / 5, 1])
    expected = [0.1 + 0.9 * (1 + math.cos(math.pi * (update - 4) / 16)) / 2 for update in range(4, 21)]
    assert found[4:21] == pytest.approx(expected)
    assert found[20:] == pytest.approx([0.1] * 5), "behind its end it stays"


def test_without_warmup_it_begins_at_its_height():
    assert rates(WarmupCosine, updates=1, lr=0.3, warmup_updates=0, max_updates=5) == [0.3]


@pytest.mark.parametrize(
    ("schedule", "settings", "message"),
    [
        (ExponentialDecay, {"decay": 0.9, "period": 0}, "period is 0: expected a whole number of 1 or more"),
        (WarmupCosine, {"warmup_updates": 5, "max_updates": 5}, "warmup_updates=5: expected 0 to below max_updates=5"),
        (WarmupCosine, {"warmup_updates": -1, "max_updates": 5}, "warmup_updates=-1: expected 0 to below"),
    ],
)
def test_what_cannot_be_is_refused(schedule, settings, message):
    with pytest.raises(ValueError, match=message):
        rates(schedule, updates=1, **settings)


@pytest.mark.parametrize(
    ("schedule", "settings"),
    [
        (ExponentialDecay, {"decay": 0.9, "period": 2}),
        (WarmupCosine, {"warmup_updates": 2, "max_updates": 8, "final": 0.05}),
    ],
)
def test_a_schedule_that_is_saved_resumes_where_it_was(schedule, settings, tmp_path):
    expected = rates(schedule, updates=8, **settings)
    first = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=3e-4)
    scheduler = schedule(first, **settings)
    for _ in range(3):
        first.step()
        scheduler.step()
    torch.save({"optimizer": first.state_dict(), "schedule": scheduler.state_dict()}, tmp_path / "state.pt")
    saved = torch.load(tmp_path / "state.pt", weights_only=True)
    second = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=3e-4)
    again = schedule(second, **settings)
    second.load_state_dict(saved["optimizer"])
    again.load_state_dict(saved["schedule"])
    found = []
    for _ in range(5):
        found.append(second.param_groups[0]["lr"])
        second.step()
        again.step()
    assert found == expected[3:]
