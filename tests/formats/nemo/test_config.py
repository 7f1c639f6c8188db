"""Configurations of NeMo's as ours, and what of theirs has no mapping."""

import copy

import pytest

from lfsc.formats.config_checks import check_codec
from lfsc.formats.nemo.config import MODULES, codec_from_nemo, ignored_training
from lfsc.formats.nemo.writing import config_to_nemo
from lfsc.formats.resolve import resolve
from lfsc.formats.skeleton import build_on_meta

CLASS = MODULES + "audio_codec_modules."
RECIPE = {
    "sample_rate": 22050,
    "samples_per_frame": 1024,
    "audio_encoder": {
        "_target_": CLASS + "HiFiGANEncoder",
        "down_sample_rates": [2, 2, 4, 8, 8],
        "encoded_dim": 32,
        "base_channels": 48,
        "activation": "lrelu",
        "resblock_dilation_sizes": [1],
    },
    "audio_decoder": {
        "_target_": CLASS + "HiFiGANDecoder",
        "up_sample_rates": [8, 8, 4, 2, 2],
        "input_dim": 32,
        "base_channels": 1024,
        "activation": "lrelu",
        "output_activation": "tanh",
    },
    "vector_quantizer": {
        "_target_": CLASS + "GroupFiniteScalarQuantizer",
        "num_groups": 8,
        "num_levels_per_group": [8, 7, 6, 6],
    },
}


@pytest.fixture
def recipe():
    return copy.deepcopy(RECIPE)


def test_nemos_recipe_is_ours(recipe):
    from lfsc.config.compose import compose

    assert check_codec(codec_from_nemo(recipe)) == compose("lfsc_22khz", ["data.path=x"])["codec"]


def test_what_nemo_leaves_out_has_nemos_own_value(recipe):
    for part, key in (("audio_encoder", "down_sample_rates"), ("audio_decoder", "up_sample_rates")):
        del recipe[part][key], recipe[part]["base_channels"]
    del recipe["audio_encoder"]["resblock_dilation_sizes"], recipe["samples_per_frame"]
    codec = codec_from_nemo(recipe)
    assert (codec["encoder"]["rates"], codec["encoder"]["channels"]) == ([2, 2, 8, 8], 32)
    assert (codec["decoder"]["rates"], codec["decoder"]["channels"]) == ([8, 8, 2, 2], 512)
    assert codec["encoder"]["dilations"] == codec["decoder"]["dilations"] == [1, 3, 5]
    assert (codec["encoder"]["out_kernel_size"], codec["decoder"]["out_kernel_size"]) == (7, 3)


@pytest.mark.parametrize(
    ("part", "key", "value", "reason"),
    [
        ("audio_encoder", "_target_", CLASS + "MultiBandMelEncoder", "it is a mel codec: its audio_enc"),
        ("audio_encoder", "_target_", MODULES + "encodec_modules.SEANetEncoder", "it is a SEANet codec"),
        ("audio_encoder", "_target_", CLASS + "MultiResolutionSTFTEncoder", "it is an STFT codec"),
        ("vector_quantizer", "_target_", MODULES + "encodec_modules.ResidualVectorQuantizer", "learned codebooks"),
        ("audio_decoder", "_target_", CLASS + "ResNetDecoder", "it is a codec with a ResNet decoder"),
        ("vector_quantizer", None, None, "it has no vector_quantizer"),
        ("audio_decoder", "_target_", CLASS + "Unheard", "audio_decoder is a .*Unheard', which is not supported"),
        ("audio_encoder", "_target_", "os.system", "audio_encoder is a 'os.system'"),
        ("audio_decoder", "activation", "gelu", r"decoder\.activation is 'gelu': expected lrelu or"),
        ("audio_decoder", "output_activation", "sigmoid", r"decoder\.output_activation"),
        ("audio_decoder", "n_groups_equal_to_out_channels", "yes", "grouped_upsampling is 'yes'"),
        ("audio_encoder", "pad_mode", "circular", r"encoder\.pad_mode is 'circular': expected reflect or"),
        ("vector_quantizer", "eps", 1.0, r"quantizer\.eps is 1\.0"),
        ("audio_encoder", "dropout", 0.1, r"audio_encoder\.dropout of .*HiFiGANEncoder is not supported"),
        ("audio_encoder", None, None, "audio_encoder is None: expected a section"),
        (None, "semantic_codec", {"a": 1}, "semantic_codec is not supported"),
        (None, "output_sample_rate", 44100, "output_sample_rate is 44100"),
        (None, "samples_per_frame", 512, "samples_per_frame is 512, but rates .* make 1024"),
        (None, "sample_rate", "22050", "sample_rate is '22050'"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_named(part, key, value, reason, recipe):
    if part is None:
        recipe[key] = value
    elif key is None:
        recipe[part] = value
    else:
        recipe[part][key] = value
    with pytest.raises(ValueError, match=reason):
        build_on_meta(check_codec(codec_from_nemo(recipe)))


def causal(recipe, **changes) -> dict:
    return recipe | {
        "audio_decoder": {
            "_target_": CLASS + "CausalHiFiGANDecoder",
            "up_sample_rates": [8, 8, 4, 2, 2],
            "input_dim": 32,
            "base_channels": 864,
            **changes,
        }
    }


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_a_causal_encoder_pads_with_zeros_whatever_its_mode(mode, recipe):
    usual = check_codec(codec_from_nemo(recipe))["encoder"]
    recipe["audio_encoder"] |= {"_target_": CLASS + "CausalHiFiGANEncoder", "pad_mode": mode}
    ours = check_codec(codec_from_nemo(recipe))
    assert ours["encoder"] == usual | {"_target_": "lfsc.models.causal_encoder.CausalEncoder"}
    written = config_to_nemo(ours)["audio_encoder"]
    assert (written["_target_"], written["pad_mode"]) == (CLASS + "CausalHiFiGANEncoder", "zeros")


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_a_causal_decoder_has_nemos_defaults_and_pads_with_zeros_whatever_its_mode(mode, recipe):
    decoder = check_codec(codec_from_nemo(causal(recipe, pad_mode=mode)))["decoder"]
    assert decoder["_target_"] == "lfsc.models.causal_decoder.CausalDecoder"
    assert decoder["grouped_upsampling"] is True
    assert decoder == check_codec(codec_from_nemo(causal(recipe)))["decoder"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pad_mode": "mirror"}, r"audio_decoder\.pad_mode is 'mirror': expected zeros or"),
        ({"base_channels": 100}, r"channels is 100: expected a multiple of 32"),
        ({"up_sample_rates": [8, 8, 4, 2, 3]}, r"hops 1024 .* 1536 .* must be equal"),
    ],
)
def test_what_a_causal_decoder_cannot_have_is_named(changes, reason, recipe):
    with pytest.raises(ValueError, match=reason):
        build_on_meta(check_codec(codec_from_nemo(causal(recipe, **changes))))


@pytest.mark.parametrize("grouped", [True, False])
def test_what_is_a_default_here_and_not_there_is_written(grouped, recipe):
    theirs = causal(recipe, n_groups_equal_to_out_channels=grouped, activation="half_snake")
    ours = check_codec(codec_from_nemo(theirs))
    written = config_to_nemo(ours)["audio_decoder"]
    assert written["n_groups_equal_to_out_channels"] is grouped
    assert written["pad_mode"] == "zeros"
    assert check_codec(codec_from_nemo(config_to_nemo(ours))) == ours


def test_what_nemos_training_had_on_is_ignored_and_named(recipe):
    on = {"use_scl_loss": True, "scl_loss_scale": 0.1, "use_slm_loss": False, "encoder_noise_stdev": 0.0}
    assert codec_from_nemo(recipe | on) == codec_from_nemo(recipe)
    assert ignored_training(recipe | on) == ("use_scl_loss",)
    assert ignored_training(recipe) == ()


def test_a_missing_key_is_named(recipe):
    del recipe["audio_encoder"]["encoded_dim"]
    with pytest.raises(ValueError, match=r"audio_encoder\.encoded_dim is missing"):
        codec_from_nemo(recipe)


def test_ours_as_nemos_and_back_is_ours(tmp_path, write_checkpoint):
    shape = {"rates": (3, 5), "levels": (5, 4), "num_codebooks": 3, "kernel_sizes": [3]}
    variants = {"activation": "half_snake", "pad_mode": "zeros", "output_activation": "clamp", "eps": 0.01}
    for name, more in {"plain": {}, "varied": variants | {"grouped_upsampling": True}}.items():
        with resolve(write_checkpoint(tmp_path / f"{name}.ckpt", **shape, **more)) as found:
            assert check_codec(codec_from_nemo(config_to_nemo(found.codec))) == found.codec


def test_one_quantizer_by_itself_is_one_group(recipe):
    recipe["vector_quantizer"] = {"_target_": CLASS + "FiniteScalarQuantizer", "num_levels": [5, 5, 5]}
    quantizer = check_codec(codec_from_nemo(recipe))["quantizer"]
    assert quantizer == {"_target_": "lfsc.models.quantizer.GroupedFSQ", "num_codebooks": 1, "levels": [5, 5, 5]}


def test_what_nemo_has_by_itself_is_not_written_and_capitals_do_not_matter(recipe):
    plain = check_codec(codec_from_nemo(recipe))
    recipe["audio_encoder"] |= {"activation": "LReLU", "pad_mode": "reflect"}
    recipe["audio_decoder"] |= {"n_groups_equal_to_out_channels": False}
    recipe["vector_quantizer"] |= {"eps": 0.001}
    assert check_codec(codec_from_nemo(recipe)) == plain
