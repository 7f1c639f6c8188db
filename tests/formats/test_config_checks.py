"""Which configurations are a codec's."""

import copy

import pytest

from lfsc.formats.config_checks import checked_codec, checked_discriminators
from lfsc.formats.resolve import opened


@pytest.fixture
def config(checkpoint):
    with opened(checkpoint) as found:
        return copy.deepcopy(found.codec)


def test_a_codec_and_its_discriminators_pass_unchanged(config, discriminators):
    assert checked_codec(config) == config
    assert checked_discriminators(discriminators) == discriminators
    assert checked_discriminators(None) is None


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("encoder", "channels"), 1 << 21, "codec.encoder.channels is 2097152"),
        (("encoder", "channels"), 1 << 19, "are too many"),
        (("encoder", "rates"), [2] * 17, "codec.encoder.rates is a list"),
        (("encoder", "rates"), [1, 8], "expected rates of 2 or more"),
        (("encoder", "kernel_sizes"), [3, 4], "expected odd sizes"),
        (("decoder", "out_kernel_size"), 2, "expected odd sizes"),
        (("decoder", "dilations"), [[1]], "codec.decoder.dilations is a list"),
        (("quantizer", "levels"), [1 << 20, 1 << 20], "are too many"),
        (("quantizer", "num_codebooks"), -8, "codec.quantizer.num_codebooks is -8"),
        (("quantizer",), None, "codec.quantizer is None: expected a section"),
        (
            ("encoder", "_target_"),
            "lfsc.models.decoder.Decoder",
            r"only lfsc\.models\.encoder\.Encoder may stand there",
        ),
        (("encoder", "_target_"), ["os.system"], "codec.encoder._target_ is a list"),
    ],
)
def test_what_no_codec_has_is_named(path, value, reason, config):
    *sections, key = path
    part = config
    for name in sections:
        part = part[name]
    part[key] = value
    with pytest.raises(ValueError, match=reason):
        checked_codec(config)


def test_a_missing_key_is_named(config):
    del config["encoder"]["dilations"]
    with pytest.raises(ValueError, match="encoder lacks dilations"):
        checked_codec(config)


@pytest.mark.parametrize(
    ("family", "key", "value"),
    [
        ("stft", "_target_", "torch.hub.load"),
        ("stft", "resolutions", [[32, 8, "x"]]),
        ("period", "periods", "2,3"),
        ("period", "slm", 3),
        ("stft", "channels", None),
    ],
)
def test_other_discriminators_are_refused(family, key, value, discriminators):
    changed = copy.deepcopy(discriminators)
    changed[family][key] = value
    with pytest.raises(ValueError, match=f"discriminators.{family}"):
        checked_discriminators(changed)
