"""Losses and their gradients against NeMo's, at the paper's settings."""

import pytest
import torch

from lfsc.config.compose import compose
from lfsc.config.instantiate import build


@pytest.fixture(scope="module")
def losses():
    """Every loss of conf/losses, those of weight 0 too."""
    groups = {"mel_l2": "reconstruction", "waveform": "reconstruction", "si_sdr": "reconstruction"}
    overrides = [f"losses.{group}.{name}.weight=1" for name, group in groups.items()]
    return build(compose("lfsc_22khz_no_slm", ["data.path=unused", *overrides])["losses"])


@pytest.fixture
def evidence(reference, losses):
    """Each loss on NeMo's real and fake clips, with a graph back to the fake ones."""
    real, fake = reference.arrays["real"], reference.arrays["fake"].requires_grad_()
    inputs = reference.discriminators.transform(real, fake)
    outputs = reference.discriminators(inputs.fake), reference.discriminators(inputs.real)
    values = {name: entry["loss"](fake, real) for name, entry in losses["reconstruction"].items()}
    values |= {name: entry["loss"](*outputs) for name, entry in losses["adversarial"].items()}
    return fake, values | {"discriminator": losses["discriminator"](*outputs)}


def test_every_loss_equals_nemos(evidence, reference):
    _, values = evidence
    expected = reference.scalars["losses"]
    values["si_sdr"] = -values["si_sdr"]  # the reference holds the ratio, the loss is its negative
    assert set(values) == set(expected)
    for name, value in values.items():
        assert value.item() == pytest.approx(expected[name], rel=1e-5), name


@pytest.mark.parametrize("name", ["mel", "stft", "adversarial", "features"])
def test_gradients_equal_nemos(evidence, reference, name):
    fake, values = evidence
    (gradient,) = torch.autograd.grad(values[name], fake)
    expected = reference.arrays[f"gradient_{name}"]
    assert (gradient - expected).norm() / expected.norm() < 1e-4
