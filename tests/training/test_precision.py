"""Precisions, and those that are refused."""

import pytest
import torch
from micro import do_without_trainer

from lfsc.training.build import build_module
from lfsc.training.precision import build_scaler, check_precision, precision_plugins, set_tf32


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_these_train_on_a_cpu(precision):
    assert check_precision({"precision": precision, "accelerator": "cpu"}) == precision
    assert precision_plugins(precision) == []
    assert not build_scaler(precision).is_enabled()


@pytest.mark.parametrize("precision", ["16-mixed", "fp16-mixed"])
def test_float16_is_refused_on_a_cpu_with_the_reason(precision):
    with pytest.raises(ValueError, match="needs a GPU, and this run is on the CPU: take bf16-mixed"):
        check_precision({"precision": precision, "accelerator": "cpu"})


@pytest.mark.parametrize("precision", ["16-mixed", "fp16-mixed"])
def test_float16_has_no_scaler_of_lightnings(precision):
    precision = check_precision({"precision": precision, "accelerator": "gpu"})
    (plugin,) = precision_plugins(precision)
    assert not plugin.scaler.is_enabled()
    loss = torch.ones(1)
    assert plugin.scaler.scale(loss) is loss


@pytest.fixture
def tf32():
    before = torch.backends.cudnn.allow_tf32
    yield
    torch.backends.cudnn.allow_tf32 = before


@pytest.mark.parametrize(
    ("allowed", "precision", "taken"),
    [(True, "32-true", True), (False, "32-true", False), (True, "bf16-mixed", False)],
)
def test_tf32_is_for_full_precision_alone(tf32, allowed, precision, taken):
    set_tf32(allowed, precision)
    assert torch.backends.cudnn.allow_tf32 == taken
    assert not torch.backends.cuda.matmul.allow_tf32


def test_gradients_are_computed_outside_of_autocast(micro, configure):
    """The mel filters are float32 under autocast, and so must be the products of their gradient."""
    inside = []
    module = do_without_trainer(
        build_module(configure("trainer.precision=bf16-mixed")),
        lambda loss: inside.append(torch.is_autocast_enabled("cpu")) or loss.backward(),
    )
    with torch.autocast("cpu", torch.bfloat16):
        losses = {"mel": module.codec(torch.randn(1, 8192)).audio.abs().mean()}
        module.accumulate_gradient("generator", losses, number=1)
        assert torch.is_autocast_enabled("cpu")
    assert inside == [False]


@pytest.mark.parametrize("precision", ["64-true", "bf16-true", "half"])
def test_others_are_refused(precision):
    with pytest.raises(ValueError, match=f"precision={precision}: expected 32-true, bf16-mixed or 16-mixed"):
        check_precision({"precision": precision, "accelerator": "cpu"})
