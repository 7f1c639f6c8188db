"""Which configurations are a codec's."""

import copy
from functools import partial

import pytest
from torch import nn

from lfsc.config.instantiate import PARTS, build
from lfsc.config.untrusted import CHECKS, parameters_of
from lfsc.config.values import LONGEST
from lfsc.formats.config_checks import check_codec, check_discriminators
from lfsc.formats.resolve import resolve
from lfsc.formats.skeleton import build_on_meta


@pytest.fixture
def config(checkpoint):
    with resolve(checkpoint) as found:
        return copy.deepcopy(found.codec)


def test_a_codec_and_its_discriminators_pass_unchanged(config, discriminators):
    assert check_codec(config) == config
    assert check_discriminators(discriminators) == discriminators
    assert check_discriminators(None) is None


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("encoder", "channels"), 1 << 21, "codec.encoder.channels is 2097152"),
        (("encoder", "channels"), 1 << 19, "codec.encoder has .* parameters, which are too many"),
        (("decoder", "channels"), 1 << 20, "codec.decoder has .* parameters, which are too many"),
        (("decoder", "channels"), 1, "codec.decoder.channels is 1: expected a number to be halved 2 times"),
        (("encoder", "rates"), [2] * 17, r"codec.encoder.rates is \[2, 2, "),
        (
            ("encoder", "rates"),
            [1, 8],
            r"codec\.encoder\.rates is \[1, 8\]: expected a list, each entry a whole number of 2 or more",
        ),
        (("encoder", "kernel_sizes"), [3, 4], r"codec\.encoder\.kernel_sizes is \[3, 4\]: .*an odd number"),
        (("decoder", "out_kernel_size"), 2, "codec.decoder.out_kernel_size is 2: expected an odd number"),
        (("decoder", "dilations"), [[1]], r"codec.decoder.dilations is \[1\]"),
        (("quantizer", "levels"), [1 << 20, 1 << 20], "codec.quantizer.levels is .*codes or fewer"),
        (("quantizer", "num_codebooks"), -8, "codec.quantizer.num_codebooks is -8"),
        (("quantizer",), None, "codec.quantizer is None: expected a section"),
        (
            ("encoder", "_target_"),
            "lfsc.models.decoder.Decoder",
            r"only lfsc\.models\.encoder\.Encoder or lfsc\.models\.causal_encoder\.CausalEncoder may stand there",
        ),
        (("encoder", "_target_"), ["os.system"], r"codec.encoder._target_ is \['os.system'\]"),
    ],
)
def test_what_no_codec_has_is_named(path, value, reason, config):
    *sections, key = path
    part = config
    for name in sections:
        part = part[name]
    part[key] = value
    with pytest.raises(ValueError, match=reason):
        build_on_meta(check_codec(config))


def test_keys_that_are_as_by_default_are_left_out(config):
    variants = {
        "encoder": {"activation": "lrelu"},
        "decoder": {"grouped_upsampling": False},
        "quantizer": {"eps": 1e-3},
    }
    assert check_codec(config | {name: config[name] | more for name, more in variants.items()}) == config
    config["encoder"]["activation"] = "elu"
    assert check_codec(config)["encoder"]["activation"] == "elu"


def test_training_and_loading_say_the_same_of_a_value(config):
    config["encoder"]["rates"] = [1, 8]
    said = []
    for make in (build_on_meta, partial(build, where="codec")):
        with pytest.raises(ValueError) as error:
            make(config)
        said.append(str(error.value))
    assert (
        said[0] == said[1] == "codec.encoder.rates is [1, 8]: expected a list, each entry a whole number of 2 or more"
    )


def test_every_known_class_can_be_called_by_what_its_signature_says():
    """Whatever stands in the registry has annotations that values can be held against, or parts of the registry."""
    for role, targets in PARTS.items():
        for target in targets:
            named, families = parameters_of(target, role)
            assert named or families
            for key, parameter in named.items():
                assert parameter.annotation in CHECKS or key in PARTS, (target, key)
            assert families is None or families in PARTS


def test_a_missing_key_is_named(config):
    del config["encoder"]["dilations"]
    with pytest.raises(ValueError, match="encoder lacks dilations"):
        check_codec(config)


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
        check_discriminators(changed)


def test_as_many_layers_as_lists_allow_are_soon_built_and_refused(config, monkeypatch):
    built = []
    init = nn.Conv1d.__init__
    monkeypatch.setattr(
        nn.Conv1d, "__init__", lambda self, *args, **kw: (built.append(args), init(self, *args, **kw))[1]
    )
    for part in ("encoder", "decoder"):
        lists = {"rates": [2] * LONGEST, "kernel_sizes": [1] * LONGEST, "dilations": [1] * LONGEST}
        config[part] |= lists | {"channels": 1 if part == "encoder" else 1 << 16}
    with pytest.raises(ValueError, match="parameters, which are too many"):
        build_on_meta(check_codec(config))
    # The decoder has a layer for each entry of three lists, which bounds the time; time itself depends on the machine.
    assert LONGEST**3 < len(built) < 5 * LONGEST**3
