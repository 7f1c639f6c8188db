"""Feature distances: the same as by torch's own operations, for less memory traffic."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from lfsc.losses.adversarial import MeanDistance

VIEWS = ("aten.detach.default", "aten.alias.default", "aten.expand.default", "aten.view.default")


def of_torch(fake, real):
    return (fake.float() - real.float()).abs().mean()


def maps(dtype):
    generator = torch.Generator().manual_seed(0)
    fake, real = (torch.randn(2, 3, 50, 7, generator=generator).to(dtype) for _ in range(2))
    real[0, 0] = fake[0, 0]  # equal here
    real[0, 1] = torch.nextafter(fake[0, 1], real[0, 1])  # and as near as can be
    return fake.requires_grad_(), real


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_values_and_gradients_are_torchs_to_the_last_bit(dtype):
    fake, real = maps(dtype)
    results = []
    for distance in (of_torch, MeanDistance.apply):
        value = distance(fake, real)
        results.append((value, torch.autograd.grad(3.7 * value, fake)[0]))
    (expected, expected_gradient), (found, gradient) = results
    assert torch.equal(found, expected) and torch.equal(gradient, expected_gradient)
    assert gradient.dtype == dtype and found.dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_tiny_differences_have_their_sign(dtype):
    """Where the difference is the smallest number that there is."""
    tiny = torch.tensor([1.0, 3.0, -2.0]) * torch.finfo(dtype).smallest_normal / 4
    fake, real = tiny.to(dtype).requires_grad_(), torch.roll(tiny, 1).to(dtype)
    (gradient,) = torch.autograd.grad(MeanDistance.apply(fake, real), fake)
    assert torch.equal(gradient.sign().float(), (tiny - torch.roll(tiny, 1)).sign())


class Traffic(TorchDispatchMode):
    """Bytes that operations read and write."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        if str(function) not in VIEWS:
            moved = [t for t in tree_leaves((arguments, options, result)) if isinstance(t, torch.Tensor)]
            self.bytes += sum(t.untyped_storage().nbytes() for t in moved)
        return result


def test_it_moves_less_memory():
    moved = {}
    for name, distance in (("torch", of_torch), ("ours", MeanDistance.apply)):
        fake, real = maps(torch.bfloat16)
        with Traffic() as traffic:
            distance(fake, real).backward()
        moved[name] = traffic.bytes / fake.numel()
    assert moved["ours"] < 43 and moved["torch"] > 60
