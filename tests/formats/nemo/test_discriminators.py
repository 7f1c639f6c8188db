"""Discriminators of NeMo's as ours, and back."""

import copy

import pytest
import torch

from lfsc.formats.config_checks import check_discriminators
from lfsc.formats.nemo.config import MODULES
from lfsc.formats.nemo.discriminators import WRAPPER, discriminators_from_nemo, discriminators_to_nemo

CONFIG = {
    "sample_rate": 22050,
    "discriminator": {
        "_target_": WRAPPER,
        "discriminators": [
            {
                "_target_": MODULES + "encodec_modules.MultiResolutionDiscriminatorSTFT",
                "resolutions": [[128, 32, 128], [256, 64, 256], [512, 128, 512], [1024, 256, 1024], [2048, 512, 2048]],
            },
            {"_target_": MODULES + "audio_codec_modules.MultiPeriodDiscriminator"},
            {
                "_target_": MODULES + "audio_codec_modules.SLMDiscriminator",
                "slm_model_name": "microsoft/wavlm-base-plus",
                "slm_sr": 16000,
                "input_sr": 22050,
                "slm_hidden": 768,
                "slm_layers": 13,
                "initial_channel": 64,
                "use_spectral_norm": False,
            },
        ],
    },
}


@pytest.fixture
def config():
    return copy.deepcopy(CONFIG)


def hearing(channels: int) -> dict:
    return {"families.slm.0.network.conv_in.parametrizations.weight.original1": torch.empty(64, channels, 1)}


def test_nemos_recipe_is_ours_in_nemos_order(config):
    from lfsc.config.compose import compose

    found = discriminators_from_nemo(config)
    ours = compose("lfsc_22khz", ["data.path=x"])["discriminators"]
    assert found == check_discriminators(ours)
    assert found | {"warmup_updates": 0, "start_at": 0} == ours
    assert list(found) == ["_target_", "stft", "period", "slm"]


def test_there_and_back(config):
    ours = discriminators_from_nemo(config)
    theirs = discriminators_to_nemo(ours, hearing(768 * 13))
    assert theirs["discriminators"][2] == config["discriminator"]["discriminators"][2]
    assert discriminators_from_nemo(config | {"discriminator": theirs}) == ours


BANDED = {
    "_target_": MODULES + "audio_codec_modules.MultiResolutionDiscriminatorSTFT",
    "resolutions": [[512, 128, 512], [1024, 256, 1024]],
    "stft_bands": [[0.0, 0.1], [0.1, 0.25], [0.25, 0.5], [0.5, 0.75], [0.75, 1.0]],
}


def test_nanocodecs_are_those_of_its_recipe_and_come_back(config):
    from lfsc.config.compose import compose

    parts = config["discriminator"]["discriminators"]
    config["discriminator"]["discriminators"] = [parts[1], BANDED, parts[2]]
    found = check_discriminators(discriminators_from_nemo(config))
    assert found == check_discriminators(compose("nano_22khz_1.78kbps", ["data.path=x"])["discriminators"])
    assert discriminators_to_nemo(found, hearing(768 * 13))["discriminators"][1] == BANDED


@pytest.mark.parametrize("bands", [None, [], [[0.5, "x"]], "all", [[0.0, 1e9]]])
def test_bands_that_are_none_are_refused(bands, config):
    config["discriminator"]["discriminators"][0] = BANDED | {"stft_bands": bands}
    with pytest.raises(ValueError, match="bands"):
        check_discriminators(discriminators_from_nemo(config))


def test_none_are_none(config):
    assert discriminators_from_nemo({"sample_rate": 22050}) is None


@pytest.mark.parametrize(
    ("place", "key", "value", "reason"),
    [
        (0, "_target_", MODULES + "audio_codec_modules.DiscriminatorSTFT", "discriminators.0._target_ is"),
        (0, "stft_bands", [[0, 1]], r"discriminators.0.stft_bands is \[\[0, 1\]\]"),
        (1, "lrelu_slope", 0.2, "discriminators.1.lrelu_slope is 0.2"),
        (2, "use_spectral_norm", True, "discriminators.2.use_spectral_norm is True"),
        (2, "input_sr", 24000, "discriminators.2.input_sr is 24000"),
        (2, "initial_channel", "64", "discriminators.2.initial_channel is '64'"),
        (1, "_target_", MODULES + "audio_codec_modules.SLMDiscriminator", "a second slm"),
    ],
)
def test_what_has_no_equal_is_named(place, key, value, reason, config):
    part = config["discriminator"]["discriminators"][place]
    if key == "_target_" and "SLM" in value:
        part.clear()
    part[key] = value
    with pytest.raises(ValueError, match=reason):
        discriminators_from_nemo(config)


@pytest.mark.parametrize(
    ("family", "key", "value"), [("stft", "channels", 8), ("period", "stride", 2), ("slm", "channels", [1, 2, 3])]
)
def test_what_nemo_cannot_make_is_named(family, key, value, config):
    ours = discriminators_from_nemo(config)
    ours[family][key] = value
    with pytest.raises(ValueError, match=f"discriminators.{family}.{key} is .*NeMo's is always"):
        discriminators_to_nemo(ours, hearing(768 * 13))


def test_an_untrained_language_model_is_nothing_nemo_could_load(config):
    ours = discriminators_from_nemo(config)
    ours["slm"]["slm"] = {"_target_": "lfsc.discriminators.slm.random_wavlm", "seed": 0, "width": 16, "layers": 2}
    with pytest.raises(ValueError, match="untrained language model"):
        discriminators_to_nemo(ours, hearing(48))
