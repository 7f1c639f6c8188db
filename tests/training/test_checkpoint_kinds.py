"""What a run resumes from, held against what it is."""

import pytest
import torch

from lfsc.training.checkpoint_kinds import require_kinds, require_weights

OPTIMIZER = {"scaler": {}, "skipped": 0, "consecutive_skipped": 0}
WHOLE = {
    "pytorch-lightning_version": "2.6.6",
    "state_dict": {},
    "callbacks": {},
    "optimizer_states": [{"state": {}, "param_groups": [{"params": [0, 1], "lr": 0.1}]}],
    "lr_schedulers": [],
    "updates": 3,
    "warmup": {"updates": 0, "done": 0, "families": None},
    "config": {"optimizers": {}, "discriminators": {}},
    "gan_optimizers": {"generator": OPTIMIZER, "discriminators": OPTIMIZER},
    "scalars": {},
    "measured": {},
}


def test_what_a_checkpoint_has_beside_is_its_own():
    require_kinds(WHOLE | {"mine": 3}, "a.ckpt")


@pytest.mark.parametrize("key", WHOLE)
@pytest.mark.parametrize("value", [None, [1], torch.ones(2)])
def test_another_kind_is_named(key, value):
    with pytest.raises(ValueError, match=rf"a\.ckpt: {key}(\.0)? is .*; the checkpoint is damaged, or an older lfsc"):
        require_kinds(WHOLE | {key: value}, "a.ckpt")


def test_what_is_missing_is_named():
    with pytest.raises(ValueError, match=r"warmup\.done is None"):
        require_kinds(WHOLE | {"warmup": {"updates": 3}}, "a.ckpt")
    with pytest.raises(ValueError, match=r"optimizer_states\.0\.param_groups\.0\.params\.1 is 'x'"):
        require_kinds(WHOLE | {"optimizer_states": [{"state": {}, "param_groups": [{"params": [1, "x"]}]}]}, "a.ckpt")
    with pytest.raises(ValueError, match="all of it is a Tensor"):
        require_kinds(torch.ones(1), "a.ckpt")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({}, r"a is not there in the checkpoint, and \[2\] by config.yaml"),
        ({"a": torch.ones(3)}, r"a is \[3\] in the checkpoint, and \[2\] by"),
        ({"a": 5}, "a is not there in"),
        ({"a": torch.ones(2), "b": torch.ones(1)}, r"b is \[1\] in the checkpoint, and not there by"),
    ],
)
def test_weights_of_another_shape_are_named(found, reason):
    require_weights({"a": torch.ones(2)}, {"a": torch.zeros(2)})
    with pytest.raises(ValueError, match=reason):
        require_weights({"a": torch.ones(2)}, found)
