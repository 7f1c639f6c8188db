"""Precisions, and those that are refused."""

import pytest
import torch

from lfsc.training.precision import build_scaler, checked_precision, precision_plugins


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_these_train_on_a_cpu(precision):
    assert checked_precision({"precision": precision, "accelerator": "cpu"}) == precision
    assert precision_plugins(precision) == []
    assert not build_scaler(precision).is_enabled()


@pytest.mark.parametrize("precision", ["16-mixed", "fp16-mixed"])
def test_float16_is_refused_on_a_cpu_with_the_reason(precision):
    with pytest.raises(ValueError, match="needs a GPU, and this run is on the CPU: take bf16-mixed"):
        checked_precision({"precision": precision, "accelerator": "cpu"})


@pytest.mark.parametrize("precision", ["16-mixed", "fp16-mixed"])
def test_float16_has_no_scaler_of_lightnings(precision):
    precision = checked_precision({"precision": precision, "accelerator": "gpu"})
    (plugin,) = precision_plugins(precision)
    assert not plugin.scaler.is_enabled()
    loss = torch.ones(1)
    assert plugin.scaler.scale(loss) is loss


@pytest.mark.parametrize("precision", ["64-true", "bf16-true", "half"])
def test_others_are_refused(precision):
    with pytest.raises(ValueError, match=f"precision={precision}: expected 32-true, bf16-mixed or 16-mixed"):
        checked_precision({"precision": precision, "accelerator": "cpu"})
