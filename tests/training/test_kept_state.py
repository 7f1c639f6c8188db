"""What a checkpoint has of schedules and callbacks, held against what they keep at first."""

import math

import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping
from torch.optim import lr_scheduler

from lfsc.training.kept_state import require_alike

MAKERS = [
    lambda optimizer: lr_scheduler.MultiStepLR(optimizer, [1, 2]),
    lambda optimizer: lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3),
    lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=9),
    lambda optimizer: lr_scheduler.ChainedScheduler([lr_scheduler.ConstantLR(optimizer)], optimizer),
]


def make_optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)


@pytest.mark.parametrize("make", MAKERS)
def test_what_a_schedule_of_torchs_comes_to_is_alike(make):
    optimizer = make_optimizer()
    schedule = make(optimizer)
    for _ in range(4):
        optimizer.step()
        schedule.step()
    require_alike(schedule.state_dict(), make(make_optimizer()), "it")


def test_so_is_what_early_stopping_comes_to():
    stopping = EarlyStopping("val/mel")
    saved = stopping.state_dict() | {"best_score": torch.tensor(0.5), "stopping_reason_message": "no better"}
    require_alike(saved, stopping, "it")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"best_score": 0.5}, r"best_score is 0\.5, not such as a Tensor"),
        ({"best_score": torch.ones(2)}, "best_score is a Tensor"),
        ({"best_score": torch.tensor(math.nan)}, "best_score is a Tensor"),
        ({"wait_count": None}, "wait_count is None, not such as 0"),
        ({"wait_count": math.inf}, "wait_count is inf"),
        ({"wait_count": True}, "wait_count is True"),
        ({"patience": 1 << 70}, "patience is 11805"),
        ({"patience": "x"}, "patience is 'x'"),
    ],
)
def test_another_kind_is_named(change, found):
    stopping = EarlyStopping("val/mel")
    with pytest.raises(ValueError, match=f"the checkpoint's state of callbacks.mine: {found}.*; the checkpoint is "):
        require_alike(stopping.state_dict() | change, stopping, "callbacks.mine")
    with pytest.raises(ValueError, match=r"all of it is \[\], not such as a dict"):
        require_alike([], stopping, "callbacks.mine")


def test_what_somebodys_own_keeps_is_nobody_elses_matter():
    class Mine:
        def state_dict(self):
            return {"best": 0}

    require_alike({"best": "none yet"}, Mine(), "callbacks.mine")
