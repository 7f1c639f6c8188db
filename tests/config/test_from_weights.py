"""Recipes whose codec is that of the weights that they start from."""

import pytest

from lfsc.config.compose import compose
from lfsc.config.from_weights import Architecture, whole_frames

NANO = compose("nano_small", ["data.path=x"])
FAMILIES = {name: NANO["discriminators"][name] for name in ("_target_", "bands", "period")}
FROM = ["data.path=x", "init_from=weights", "slm.path=null"]


def reading(discriminators=FAMILIES, sample_rate=22050):
    def read(source):
        assert source == "weights"
        return Architecture(NANO["codec"] | {"sample_rate": sample_rate}, discriminators, 1764)

    return read


def test_codec_discriminators_and_whole_frames_come_from_the_weights():
    config = compose("finetune", FROM, read_architecture=reading())
    assert config["codec"] == NANO["codec"]
    assert config["crop_length"] == config["data"]["crop_length"] == 14 * 1764
    curriculum = {"warmup_updates": 1000, "start_at": 0}
    assert config["discriminators"] == FAMILIES | curriculum


def test_the_sample_rate_is_theirs_wherever_it_stands():
    config = compose("finetune", FROM, read_architecture=reading(sample_rate=16000))
    assert config["sample_rate"] == config["codec"]["sample_rate"] == config["data"]["sample_rate"] == 16000
    assert config["losses"]["reconstruction"]["mel"]["loss"]["sample_rate"] == 16000


def test_weights_without_discriminators_leave_those_of_the_recipe():
    config = compose("finetune_nano", FROM, read_architecture=reading(None))
    assert list(config["discriminators"]) == ["_target_", "warmup_updates", "start_at", "period", "bands"]
    assert config["discriminators"]["bands"]["channels"] == 32


def test_the_language_model_is_the_recipes_and_its_discriminator_may_be_new():
    slm = {"_target_": "lfsc.discriminators.slm.load_slm", "path": "theirs"}
    theirs = FAMILIES | {"slm": {"slm": slm, "sample_rate": 1, "slm_rate": 16000, "in_channels": 3, "channels": [1]}}
    for families, width in ((FAMILIES, 64), (theirs, 3)):
        found = compose("finetune", [*FROM[:2], "slm.path=mine"], read_architecture=reading(families))["discriminators"]
        assert (found["slm"]["slm"]["path"], found["slm"]["in_channels"]) == ("mine", width)
        assert found["slm"]["sample_rate"] == 22050


def test_overrides_come_after_the_weights():
    items = [
        "codec.encoder.channels=7",
        "~discriminators.period",
        "discriminators.bands.channels=3",
        "crop_length=1764",
    ]
    config = compose("finetune", [*FROM, *items], read_architecture=reading())
    assert config["codec"]["encoder"]["channels"] == 7
    assert "period" not in config["discriminators"] and config["discriminators"]["bands"]["channels"] == 3
    assert config["crop_length"] == 1764
    assert (
        compose("finetune", [*FROM, "codec=small"], read_architecture=reading())["codec"]["encoder"]["channels"] == 12
    )


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        (["codec.encoder.chanels=7"], "no key 'codec.encoder.chanels': did you mean channels?"),
        (["discriminators.stft.channels=7"], "no key 'discriminators.stft': discriminators has"),
        (["~codec.zebra"], "no key 'codec.zebra'"),
        (["codec.encoder.channels=many"], "codec.encoder.channels=many: expected a whole number"),
        (["++codec.encoder.zebra=1"], "no key 'codec.encoder.zebra'"),
    ],
)
def test_what_the_weights_have_not_is_answered_in_one_line(items, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        compose("finetune", [*FROM, *items], read_architecture=reading())
    assert "\n" not in str(caught.value)


def test_what_differs_can_be_pasted():
    """In the form in which initialize_from says it."""
    items = ["codec.decoder._target_=lfsc.models.causal_decoder.CausalDecoder", "codec.encoder.rates=[2,3,6,7,7]"]
    codec = compose("small", ["data.path=x", *items, "++codec.encoder.pad_mode=replicate"])["codec"]
    assert (codec["encoder"]["pad_mode"], codec["encoder"]["rates"]) == ("replicate", [2, 3, 6, 7, 7])
    assert codec["decoder"]["_target_"].endswith("CausalDecoder")
    pasted = compose("small", ["data.path=x", "++codec.encoder.pad_mode=replicate", "~codec.encoder.pad_mode"])
    assert "pad_mode" not in pasted["codec"]["encoder"]


def test_without_weights_there_is_nothing_to_take():
    with pytest.raises(ValueError, match="finetune leaves init_from open: add init_from="):
        compose("finetune", ["data.path=x"], read_architecture=reading())
    with pytest.raises(ValueError, match="codec=from_weights takes the codec of init_from: add init_from="):
        compose("small", ["data.path=x", "codec=from_weights"], read_architecture=reading())


def test_nothing_that_was_asked_for_is_lost():
    for items in (["data.path=x"], FROM):
        with pytest.raises(ValueError, match=r"codec.encoder.channels=3 changes .* add init_from="):
            compose("finetune", [*items, "codec.encoder.channels=3"], missing_allowed=True)


@pytest.mark.parametrize(("samples", "expected"), [(24576, 24696), (1, 1764), (1764, 1764), (2700, 3528)])
def test_whole_frames(samples, expected):
    assert whole_frames(samples, 1764) == expected
