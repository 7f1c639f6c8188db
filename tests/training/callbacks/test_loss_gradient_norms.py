"""The pull of each loss, against plain autograd."""

import pytest
import torch

from lfsc.training.build import build_module
from lfsc.training.callbacks.loss_gradient_norms import gradient_norms
from lfsc.training.module import ForwardPass


def test_each_norm_is_that_of_the_loss_alone(configure):
    torch.manual_seed(0)
    module = build_module(configure())
    real = 0.1 * torch.randn(2, 4096)
    norms = gradient_norms(module, real)
    assert norms.keys() == {"mel", "stft", "adversarial", "features"}
    for name, norm in norms.items():
        fake = module.codec(real).audio
        fake.retain_grad()
        losses = module.generator_losses(ForwardPass(real, fake, module.discriminators.transform(real, fake)))
        (module.loss_weights[name] * losses[name]).backward()
        assert norm == pytest.approx(fake.grad.norm().item(), rel=1e-4)


def test_gradients_that_float16_would_lose_are_scaled(configure):
    module = build_module(configure())
    module.gan_optimizers["generator"].scaler = torch.amp.GradScaler("cpu")
    # Its gradient, 1e-5/8192 for each sample, is 0 in float16.
    module.generator_losses = lambda forward_pass: {"mel": 1e-5 * forward_pass.fake.half().float().mean()}
    (norm,) = gradient_norms(module, torch.randn(2, 4096)).values()
    assert norm == pytest.approx(module.loss_weights["mel"] * 1e-5 / 8192**0.5, rel=1e-2)


def test_a_batch_in_parts_is_measured_in_parts(configure):
    """As it would not fit into the memory whole."""
    module, passed = build_module(configure("num_micro_batches=2", "batch_size=4")), []
    module.codec.register_forward_pre_hook(lambda _, given: passed.append(len(given[0])))
    real = 0.1 * torch.randn(4, 4096)
    norms = gradient_norms(module, real)
    assert passed == [2, 2]
    module.num_micro_batches = 1
    for name, norm in gradient_norms(module, real).items():
        assert norms[name] == pytest.approx(norm.item(), rel=1e-4)


def test_networks_stay_as_they_were(configure):
    module = build_module(configure())
    gradient_norms(module, torch.randn(2, 4096))
    assert all(parameter.grad is None and parameter.requires_grad for parameter in module.parameters())


def test_they_are_in_the_log_every_so_often(micro, finished):
    reported = [row["grad_norm/loss/mel"] for row in micro.history(finished) if "grad_norm/loss/mel" in row]
    assert len(reported) == 12 and len(set(reported)) == 3, "measured at updates 0, 4 and 8, and repeated between"
