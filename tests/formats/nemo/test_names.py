"""Names of tensors, there and back."""

import pytest

from lfsc.config.instantiate import build
from lfsc.formats.nemo.names import CODEC, discriminator_modules, from_nemo, to_nemo


def test_every_tensor_of_a_codec_has_one_name_there_and_comes_back(make_codec):
    for activation in ("lrelu", "snake", "half_snake"):
        ours = list(make_codec(rates=(2, 3, 4), kernel_sizes=[3, 5], activation=activation).state_dict())
        theirs = [to_nemo(name, CODEC) for name in ours]
        assert len(set(theirs)) == len(ours)
        assert [from_nemo(name, CODEC) for name in theirs] == ours


def test_the_names_before_torchs_parametrization_are_the_same_tensors():
    stem = "audio_encoder.res_layers.3.res_blocks.2.res_blocks.0.input_conv.conv"
    for old, new in (("weight_g", "original0"), ("weight_v", "original1")):
        assert from_nemo(f"{stem}.{old}", CODEC) == from_nemo(f"{stem}.parametrizations.weight.{new}", CODEC)
    assert from_nemo(f"{stem}.bias", CODEC) == "encoder.blocks.3.chains.2.0.dilated.bias"


@pytest.mark.parametrize(
    "name",
    [
        "audio_encoder.pre_conv.conv.running_mean",
        "audio_encoder.pre_conv.bias",
        "audio_encoder.res_layers.x.bias",
        "",
        "bias",
    ],
)
def test_other_names_have_none_here(name):
    assert from_nemo(name, CODEC) is None


def test_our_own_name_without_an_equal_is_said():
    with pytest.raises(ValueError, match="has no name in NeMo"):
        to_nemo("encoder.gate.bias", CODEC)


def test_bands_are_numbered_within_resolutions_there():
    family = {"resolutions": [[512, 128, 512]] * 2, "bands": [[0, 0.5], [0.5, 0.7], [0.7, 1]]}
    modules = discriminator_modules({"_target_": "x", "period": {}, "bands": family})
    for number, place in {0: "0.discriminators.0", 2: "0.discriminators.2", 4: "1.discriminators.1"}.items():
        theirs = f"discriminator.discriminators.1.discriminators.{place}"
        for ours, tensor in (("convs.3", "conv_layers.3.conv"), ("score", "conv_post.conv")):
            name = f"families.bands.{number}.network.{ours}.bias"
            assert to_nemo(name, modules) == f"{theirs}.{tensor}.bias"
            assert from_nemo(f"{theirs}.{tensor}.bias", modules) == name
    assert (
        from_nemo("discriminator.discriminators.1.discriminators.2.discriminators.0.conv_post.conv.bias", modules)
        is None
    )


def test_a_family_is_found_at_its_place_in_nemos_list(discriminators):
    for order in (["period", "stft"], ["stft", "slm"]):
        modules = discriminator_modules({name: {} for name in order})
        place = order.index("stft")
        for name in build({key: discriminators[key] for key in ("_target_", "stft")}).state_dict():
            theirs = to_nemo(name, modules)
            assert theirs.startswith(f"discriminator.discriminators.{place}.discriminators.")
            assert from_nemo(theirs, modules) == name
    assert from_nemo("discriminator.discriminators.1.pre.bias", modules) == "families.slm.0.network.conv_in.bias"
    assert from_nemo("discriminator.discriminators.1.convs.2.bias", modules) == "families.slm.0.network.convs.2.bias"
    assert from_nemo("discriminator.discriminators.1.conv_post.bias", modules) == "families.slm.0.network.score.bias"
