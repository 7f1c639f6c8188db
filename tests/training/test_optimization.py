"""A step of one player: clipped, scaled, and left out where something is not finite."""

import copy
import math

import pytest
import torch
from torch.amp import GradScaler

from lfsc.training.optimization import GanOptimizer

SETTINGS = {"lr": 0.1, "betas": [0.8, 0.99], "decay": 0.5, "clip_norm": None}


def player_and_weights(**changes):
    player = GanOptimizer(**SETTINGS | changes)
    weights = [torch.nn.Parameter(torch.tensor([1.0, -2.0])), torch.nn.Parameter(torch.tensor([[0.5]]))]
    return player, weights, player.optimizer(weights)


def learn(player, weights, optimizer, factor=1.0):
    optimizer.zero_grad()
    player.scaled(sum((factor * weight.square()).sum() for weight in weights)).backward()
    return player.step(optimizer)


def state(weights, optimizer):
    return copy.deepcopy(([weight.data for weight in weights], optimizer.state_dict()["state"]))


def test_a_step_is_adams():
    player, weights, optimizer = player_and_weights()
    plain = [torch.nn.Parameter(weight.detach().clone()) for weight in weights]
    reference = torch.optim.Adam(plain, lr=0.1, betas=(0.8, 0.99))
    for _ in range(5):
        norm = learn(player, weights, optimizer)
        reference.zero_grad()
        sum(weight.square().sum() for weight in plain).backward()
        expected = torch.cat([weight.grad.flatten() for weight in plain]).norm()
        reference.step()
        torch.testing.assert_close(norm, expected)
        torch.testing.assert_close(weights, plain)


def test_gradients_are_shortened_to_clip_norm():
    player, weights, optimizer = player_and_weights(clip_norm=0.5)
    norm = learn(player, weights, optimizer)
    assert norm == pytest.approx(math.sqrt(4 + 16 + 1)), "the norm that is reported is the one before"
    assert torch.cat([weight.grad.flatten() for weight in weights]).norm() == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize("factor", [math.nan, math.inf, 1e38])
def test_a_step_that_is_not_finite_changes_nothing(factor):
    """1e38 overflows in the loss alone: its gradients would be finite."""
    player, weights, optimizer = player_and_weights()
    learn(player, weights, optimizer)
    weights[0].data *= 2
    before = state(weights, optimizer)
    learn(player, weights, optimizer, factor)
    learn(player, weights, optimizer, factor)
    after = state(weights, optimizer)
    torch.testing.assert_close(after, before, rtol=0, atol=0)
    assert (int(player.skipped), int(player.consecutive_skipped)) == (2, 2)
    learn(player, weights, optimizer)
    assert (int(player.skipped), int(player.consecutive_skipped)) == (2, 0)
    assert not torch.equal(weights[0].data, before[0][0])


def test_scaled_gradients_step_as_plain_ones():
    plain, scaled = player_and_weights(clip_norm=1.0), player_and_weights(clip_norm=1.0, scaler=GradScaler("cpu"))
    for _ in range(3):
        assert learn(*plain) == pytest.approx(learn(*scaled).item())
    torch.testing.assert_close(plain[1], scaled[1])


def test_each_player_lowers_its_own_scale_on_overflow():
    (one, *first), (other, *second) = (
        player_and_weights(scaler=GradScaler("cpu", init_scale=1024.0)) for _ in range(2)
    )
    learn(one, *first, 1e37)
    learn(other, *second)
    assert (one.scaler.get_scale(), other.scaler.get_scale()) == (512.0, 1024.0)
    assert (int(one.skipped), int(other.skipped)) == (1, 0)


def test_its_state_comes_back():
    player, weights, optimizer = player_and_weights(scaler=GradScaler("cpu", init_scale=1024.0))
    learn(player, weights, optimizer, math.inf)
    again = GanOptimizer(**SETTINGS, scaler=GradScaler("cpu"))
    again.load_state_dict(player.state_dict())
    assert again.state_dict() == player.state_dict() != GanOptimizer(**SETTINGS).state_dict()


def test_a_run_may_change_to_another_precision():
    player = GanOptimizer(**SETTINGS)
    player.load_state_dict(GanOptimizer(**SETTINGS, scaler=GradScaler("cpu")).state_dict())
    assert player.scaler.get_scale() == 1.0


def test_the_learning_rate_decays():
    player, weights, optimizer = player_and_weights()
    schedule = player.schedule(optimizer)
    learn(player, weights, optimizer)
    schedule.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.05)


@pytest.mark.parametrize("norm", [0, -1.0])
def test_a_clip_norm_must_be_positive(norm):
    with pytest.raises(ValueError, match="expected a positive number, or null"):
        GanOptimizer(**SETTINGS | {"clip_norm": norm})
