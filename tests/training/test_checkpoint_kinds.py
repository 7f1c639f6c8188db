"""What a run resumes from, held against what it is."""

import pytest
import torch

from lfsc.training.checkpoint_kinds import require_kinds, require_weights

COUNTS = {"scaler": {}, "skipped": 0, "consecutive_skipped": 0}
STATE = {"state": {0: {}}, "param_groups": [{"params": [0, 1], "lr": 0.1}]}
SETTINGS = {"_target_": "torch.optim.Adam", "lr": 0.1}
WHOLE = {
    "pytorch-lightning_version": "2.6.6",
    "state_dict": {},
    "callbacks": {
        "RngState": {"ranks": [{}]},
        "CodebookUsage": {"counts": torch.zeros(0)},
        "MetricLogging": {"skipped": 0},
        "HealthChecks": {"low_since": None, "mels": [0.5], "warned": ["x"]},
        "Checkpointing": {"best": [[0.5, 2]], "ranking": ["val/mel", "min"]},
    },
    "optimizer_states": [STATE, STATE],
    "lr_schedulers": [],
    "updates": 3,
    "warmup": {"updates": 0, "done": 0, "families": None},
    "config": {"optimizers": {"generator": SETTINGS, "discriminators": SETTINGS}, "discriminators": {"start_at": 0}},
    "gan_optimizers": {"generator": COUNTS, "discriminators": COUNTS},
    "scalars": {"mel": 0.5},
    "measured": {"throughput/waiting_for_data": 0.5, "checkpoint/megabytes": 1},
}


def test_what_a_checkpoint_has_beside_is_its_own():
    require_kinds(WHOLE | {"mine": 3}, "a.ckpt")


@pytest.mark.parametrize("key", WHOLE)
@pytest.mark.parametrize("value", [None, [1], torch.ones(2)])
def test_another_kind_is_named(key, value):
    with pytest.raises(ValueError, match=rf"a\.ckpt: {key}(\.\w+)? is .*; the checkpoint is damaged, or an older lfsc"):
        require_kinds(WHOLE | {key: value}, "a.ckpt")


def test_what_is_missing_is_named():
    with pytest.raises(ValueError, match=r"warmup\.done is None"):
        require_kinds(WHOLE | {"warmup": {"updates": 3}}, "a.ckpt")
    other = STATE | {"param_groups": [{"params": [1, "x"]}]}
    with pytest.raises(ValueError, match=r"optimizer_states\.1\.param_groups\.0\.params\.1 is 'x'"):
        require_kinds(WHOLE | {"optimizer_states": [STATE, other]}, "a.ckpt")
    with pytest.raises(ValueError, match="all of it is a Tensor"):
        require_kinds(torch.ones(1), "a.ckpt")


@pytest.mark.parametrize(
    ("section", "place", "value", "found"),
    [
        ("callbacks", "RngState", "x", "callbacks.RngState is 'x'"),
        ("callbacks", "CodebookUsage", {"counts": [1]}, r"callbacks.CodebookUsage.counts is \[1\]"),
        ("callbacks", "MetricLogging", {"skipped": 1 << 70}, "callbacks.MetricLogging.skipped is 11805"),
        ("callbacks", "MetricLogging", {"skipped": -1}, "callbacks.MetricLogging.skipped is -1"),
        ("callbacks", "Checkpointing", {"best": [[0.5]]}, r"callbacks.Checkpointing.best.0 is \[0.5\]"),
        ("callbacks", "Checkpointing", {"best": [[0.5, "x"]]}, "callbacks.Checkpointing.best.0.1 is 'x'"),
        ("measured", "x", "y", "measured.x is 'y'"),
        ("scalars", "mel", None, "scalars.mel is None"),
    ],
)
def test_what_would_fail_in_the_middle_of_a_run_is_named(section, place, value, found):
    with pytest.raises(ValueError, match=f"a.ckpt: {found}.*; the checkpoint is damaged"):
        require_kinds(WHOLE | {section: WHOLE[section] | {place: value}}, "a.ckpt")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({}, r"a is not there in the checkpoint, and \[2\] by config.yaml"),
        ({"a": torch.ones(3)}, r"a is \[3\] in the checkpoint, and \[2\] by"),
        ({"a": 5}, "a is not there in"),
        ("x", "a is not there in"),
        ({"a": torch.ones(2), "b": torch.ones(1)}, r"b is \[1\] in the checkpoint, and not there by"),
    ],
)
def test_weights_of_another_shape_are_named(found, reason):
    require_weights({"a": torch.ones(2)}, {"a": torch.zeros(2)})
    with pytest.raises(ValueError, match=reason):
        require_weights({"a": torch.ones(2)}, found)
