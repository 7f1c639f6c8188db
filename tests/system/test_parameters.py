"""The paper's sizes, at full width, without allocating them."""

import pytest
import torch

from lfsc.config.compose import compose
from lfsc.config.instantiate import build


@pytest.fixture(scope="module")
def config():
    return compose("lfsc_22khz", ["data.path=unused"])


def millions(module) -> float:
    return sum(parameter.numel() for parameter in module.parameters()) / 1e6


def test_the_generator(config):
    with torch.device("meta"):
        codec = build(config["codec"])
    assert millions(codec.encoder) == pytest.approx(57.64, abs=0.005)
    assert millions(codec.decoder) == pytest.approx(55.06, abs=0.005)


def test_the_numbers_that_must_come_out(config):
    codec = build(
        config["codec"]
        | {
            "encoder": config["codec"]["encoder"] | {"channels": 1},
            "decoder": config["codec"]["decoder"] | {"channels": 32},
        }
    )
    assert codec.hop_length == 1024
    assert codec.frame_rate == pytest.approx(21.533, abs=1e-3)
    assert (codec.num_codebooks, codec.codebook_size) == (8, 2016)
    assert codec.bitrate == pytest.approx(1891, abs=0.5)
    assert codec.min_frames == 4


def test_the_discriminators(config):
    with torch.device("meta"):
        period = build(config["discriminators"]["period"])
        stft = build(config["discriminators"]["stft"])
    assert millions(period) == pytest.approx(41.11, abs=0.005)
    assert millions(stft) == pytest.approx(0.472, abs=0.0005)


def test_the_slms_head(config):
    from lfsc.discriminators.slm import HiddenStatesNetwork

    slm = config["discriminators"]["slm"]
    with torch.device("meta"):
        network = HiddenStatesNetwork(13 * 768, in_channels=slm["in_channels"], channels=slm["channels"])
    assert millions(network) == pytest.approx(1.17, abs=0.005)
