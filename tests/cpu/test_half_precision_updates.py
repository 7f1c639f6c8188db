"""Whole updates in half precision on a CPU: every convolution and product beside the same in float32."""

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from lfsc.config.compose import compose
from lfsc.training.build import build_module

PRODUCTS = ("aten::convolution", "aten::convolution_backward", "aten::mm", "aten::addmm", "aten::bmm")
# Eight bits of mantissa, and sums in float32.
CLOSE = 0.03


class BesideFloat32(TorchDispatchMode):
    """Computes each product of half-precision tensors again in float32, and collects those that are not close."""

    def __init__(self):
        super().__init__()
        self.compared = 0
        self.wrong: list[str] = []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        results = operation(*args, **kwargs or {})
        if operation.name() in PRODUCTS and any(is_half(each) for each in args):
            self.compared += 1
            expected = operation(*(each.float() if is_half(each) else each for each in args), **kwargs or {})
            shapes = [tuple(each.shape) for each in args if isinstance(each, Tensor)]
            for found, right in zip(as_tuple(results), as_tuple(expected), strict=True):
                if right is not None and (found.float() - right).norm() > CLOSE * right.norm():
                    self.wrong.append(f"{operation.name()} of {shapes}")
        return results


def is_half(value) -> bool:
    return isinstance(value, Tensor) and value.dtype == torch.bfloat16


def as_tuple(results) -> tuple:
    return results if isinstance(results, tuple) else (results,)


@pytest.mark.parametrize(
    ("recipe", "crop_length"),
    [
        ("demo", 8192),
        pytest.param("pocket", 8192, marks=pytest.mark.slow),
        pytest.param("small", 8192, marks=pytest.mark.slow),
        pytest.param("nano_small", 14112, marks=pytest.mark.slow),
    ],
)
def test_every_product_of_an_update_is_that_of_float32(recipe, crop_length):
    module = build_module(compose(recipe, ["data.path=anywhere", f"crop_length={crop_length}"]))
    module.updates = module.discriminators_start_at
    steps = torch.arange(crop_length) / 22050
    audio = 0.1 * torch.sin(700 * torch.tensor([[1.0], [1.3]]) * steps) * (1 + torch.sin(20 * steps))
    with BesideFloat32() as beside:
        for losses_of in (module.discriminator_losses, module.generator_losses):
            with torch.autocast("cpu", torch.bfloat16):
                losses = losses_of(module.forward_pass(audio, trains_codec=True))
            sum(losses[name] for name in losses if name in module.loss_weights).backward()
    assert beside.compared > 100
    assert not beside.wrong
