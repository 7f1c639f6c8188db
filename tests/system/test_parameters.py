"""The paper's sizes, at full width, without allocating them."""

import pytest
import torch

from lfsc.config.compose import compose
from lfsc.config.instantiate import build
from lfsc.nn.size import count_millions


@pytest.fixture(scope="module")
def config():
    return compose("lfsc_22khz", ["data.path=unused"])


def test_the_generator(config):
    with torch.device("meta"):
        codec = build(config["codec"])
    assert count_millions(codec.encoder) == pytest.approx(57.64, abs=0.005)
    assert count_millions(codec.decoder) == pytest.approx(55.06, abs=0.005)


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
    assert count_millions(period) == pytest.approx(41.11, abs=0.005)
    assert count_millions(stft) == pytest.approx(0.472, abs=0.0005)


def test_the_slms_head(config):
    from lfsc.discriminators.slm import HiddenStatesNetwork

    slm = config["discriminators"]["slm"]
    with torch.device("meta"):
        network = HiddenStatesNetwork(13 * 768, in_channels=slm["in_channels"], channels=slm["channels"])
    assert count_millions(network) == pytest.approx(1.17, abs=0.005)


@pytest.mark.parametrize(
    ("rate", "encoder", "decoder", "bitrate", "lookahead", "reach"),
    [
        ("0.6", 30_278_840, 31_483_410, 0.5989, 1088.4, 28),
        ("1.78", 30_472_448, 31_701_138, 1.7838, 1088.4, 28),
        ("1.89", 31_019_224, 31_581_690, 1.8910, 577.0, 25),
    ],
)
def test_nanocodec(rate, encoder, decoder, bitrate, lookahead, reach):
    config = compose(f"nano_22khz_{rate}kbps", ["data.path=unused"])
    with torch.device("meta"):
        codec = build(config["codec"])
    assert [sum(p.numel() for p in part.parameters()) for part in (codec.encoder, codec.decoder)] == [encoder, decoder]
    assert len(codec.decoder.state_dict()) == 387
    assert codec.bitrate / 1000 == pytest.approx(bitrate, abs=5e-5)
    assert codec.lookahead.encode == pytest.approx(lookahead, abs=0.05)
    assert codec.lookahead.decode == 0
    assert -codec.decoder.receptive_frames(range(codec.hop_length)).start == reach
    assert codec.min_frames == 1
    assert config["crop_length"] % codec.hop_length == 0


def test_nanocodecs_discriminators():
    config = compose("nano_22khz_1.78kbps", ["data.path=unused"])["discriminators"]
    with torch.device("meta"):
        period, bands = build(config["period"]), build(config["bands"])
    assert count_millions(period) == pytest.approx(41.11, abs=0.005)
    assert count_millions(bands) == pytest.approx(0.945, abs=0.0005)
    # Of NVIDIA's archive, but for the frozen model's resampling kernel, the windows and the SLM's head.
    assert len(period.state_dict()) + len(bands.state_dict()) == 90 + 2 * 5 * 18
