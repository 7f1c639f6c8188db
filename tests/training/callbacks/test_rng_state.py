"""The generators, saved and restored."""

import random
import types

import numpy
import pytest
import torch

from lfsc.training.callbacks.rng_state import RngState


def drawn():
    return random.random(), numpy.random.rand(), torch.rand(3).tolist()


def test_what_is_drawn_after_a_restore_is_what_was_drawn(tmp_path):
    torch.save(RngState().state_dict(), tmp_path / "state.pt")
    expected = drawn()
    restored = RngState()
    restored.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    drawn()
    restored.on_train_start(types.SimpleNamespace(global_rank=0), None)
    assert drawn() == expected


def test_a_rank_that_was_not_there_keeps_its_own():
    randomness = RngState()
    randomness.load_state_dict(RngState().state_dict())
    state = torch.get_rng_state()
    torch.rand(1)
    randomness.on_train_start(types.SimpleNamespace(global_rank=1), None)
    assert not torch.equal(torch.get_rng_state(), state)


def test_a_fresh_run_restores_nothing():
    RngState().on_train_start(types.SimpleNamespace(global_rank=0), None)


@pytest.mark.parametrize("place", [-1, 625, 1 << 30])
def test_a_generator_that_would_draw_from_beyond_its_words_is_refused(place):
    restored, state = RngState(), RngState().state_dict()
    name, words, _, *rest = state["ranks"][0]["numpy"]
    state["ranks"][0]["numpy"] = (name, words, place, *rest)
    restored.load_state_dict(state)
    with pytest.raises(ValueError, match=f"numpy's generator at {place} of 624 words"):
        restored.on_train_start(types.SimpleNamespace(global_rank=0), None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("python", None),
        ("python", (3, (1, 2), None)),
        ("numpy", 5),
        ("torch", torch.ones(3)),
        ("torch", torch.zeros(0)),
    ],
)
def test_a_state_that_is_none_is_one_line(name, value):
    restored, state = RngState(), RngState().state_dict()
    state["ranks"][0][name] = value
    restored.load_state_dict(state)
    with pytest.raises(ValueError, match=r"the checkpoint's state of the random generators cannot be taken back \("):
        restored.on_train_start(types.SimpleNamespace(global_rank=0), None)
