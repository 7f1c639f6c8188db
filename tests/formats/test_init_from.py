"""Weights of another training as a beginning: all of a part or none, and every part accounted for."""

import copy
from types import SimpleNamespace

import pytest
import torch

from lfsc.config.instantiate import build
from lfsc.formats.init_from import Part, initialize_from, match_families
from lfsc.formats.resolve import resolve


@pytest.fixture
def run(checkpoint, discriminators):
    """The configuration, codec and discriminators of a new run of the same shape as the checkpoint."""
    with resolve(checkpoint) as found:
        config = {"codec": copy.deepcopy(found.codec), "discriminators": copy.deepcopy(discriminators)}
    torch.manual_seed(7)
    return config, build(config["codec"]), build(config["discriminators"])


def state(*modules) -> dict:
    return {
        f"{i}.{name}": tensor.clone()
        for i, module in enumerate(modules)
        for name, tensor in module.state_dict().items()
    }


def unchanged(before: dict, *modules) -> bool:
    return all(torch.equal(tensor, before[name]) for name, tensor in state(*modules).items())


def test_codec_and_discriminators_come_from_a_checkpoint_and_from_a_bundle(checkpoint, bundle, run):
    config, codec, discriminators = run
    saved = torch.load(checkpoint, weights_only=True)["state_dict"]
    for source in (checkpoint, bundle):
        for parameter in [*codec.parameters(), *discriminators.parameters()]:
            torch.nn.init.zeros_(parameter)
        parts = initialize_from(source, codec=codec, discriminators=discriminators, config=config)
        assert all(torch.equal(tensor, saved[f"codec.{name}"]) for name, tensor in codec.state_dict().items())
        assert all(
            torch.equal(tensor, saved[f"discriminators.{name}"]) for name, tensor in discriminators.state_dict().items()
        )
        assert [part.name for part in parts] == [
            "encoder",
            "quantizer",
            "decoder",
            "discriminators.stft",
            "discriminators.period",
        ]
        assert sum(part.loaded for part in parts) == len(saved) and not any(
            part.missing or part.left_over for part in parts
        )


def test_parameters_stay_the_ones_that_optimisers_hold(checkpoint, run):
    config, codec, discriminators = run
    parameters = list(codec.parameters())
    initialize_from(checkpoint, codec=codec, discriminators=discriminators, config=config)
    assert all(one is other for one, other in zip(parameters, codec.parameters(), strict=True))


def test_a_generator_alone_leaves_new_discriminators_and_says_so(checkpoint, tmp_path, run):
    config, codec, discriminators = run
    contents = torch.load(checkpoint, weights_only=True)
    del contents["config"]["discriminators"]
    torch.save(contents, checkpoint)
    before = state(discriminators)
    parts = initialize_from(checkpoint, codec=codec, discriminators=discriminators, config=config)
    assert unchanged(before, discriminators)
    assert parts[-1] == Part("discriminators.period", 0, missing=24)
    assert str(parts[-1]) == "discriminators.period: 0 tensors loaded, 24 missing, 0 left over"


def test_families_that_only_one_side_has_are_counted(checkpoint, run):
    config, codec, _ = run
    for gone in ("stft", "period"):
        fewer = {name: family for name, family in config["discriminators"].items() if name != gone}
        parts = initialize_from(
            checkpoint, codec=codec, discriminators=build(fewer), config=config | {"discriminators": fewer}
        )
        left = {part.name: part.left_over for part in parts if part.left_over}
        assert list(left) == [f"discriminators.{gone}"]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (
            ("codec", "sample_rate"),
            16000,
            r"in 1 key \(weights for one sample rate .*\): add sample_rate=22050, or add codec=",
        ),
        (("codec", "encoder", "dilations"), [3], r": add codec\.encoder\.dilations=\[1\], or"),
        (("codec", "quantizer", "levels"), [6, 6, 7, 8], r"codec\.quantizer\.levels=\[8,7,6,6\]"),
        (
            ("discriminators", "period", "periods"),
            [2, 5],
            r"add discriminators\.period\.periods=\[2,3\], or",
        ),
    ],
)
def test_what_differs_is_named_and_nothing_is_changed(path, value, reason, checkpoint, run):
    config, codec, discriminators = run
    part = config
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    before = state(codec, discriminators)
    with pytest.raises(ValueError, match=reason):
        initialize_from(checkpoint, codec=codec, discriminators=discriminators, config=config)
    assert unchanged(before, codec, discriminators)


def test_all_that_differs_is_said_at_once(checkpoint, run):
    config, codec, discriminators = run
    config["codec"]["encoder"] |= {"channels": 5, "pad_mode": "zeros"}
    config["codec"]["decoder"]["_target_"] = "lfsc.models.causal_decoder.CausalDecoder"
    config["discriminators"]["period"]["periods"] = [2, 5]
    with pytest.raises(ValueError) as caught:
        initialize_from(checkpoint, codec=codec, discriminators=discriminators, config=config)
    message = str(caught.value)
    assert "differs from this run in 4 keys: add codec.encoder.channels=4 ~codec.encoder.pad_mode" in message
    assert "codec.decoder._target_=lfsc.models.decoder.Decoder discriminators.period.periods=[2,3], or" in message
    assert "\n" not in message


def test_damage_in_the_discriminators_is_found_before_anything_is_changed(checkpoint, run):
    config, codec, discriminators = run
    contents = torch.load(checkpoint, weights_only=True)
    del contents["state_dict"]["discriminators.families.stft.0.network.score.bias"]
    torch.save(contents, checkpoint)
    before = state(codec, discriminators)
    with pytest.raises(ValueError, match="tensors are missing"):
        initialize_from(checkpoint, codec=codec, discriminators=discriminators, config=config)
    assert unchanged(before, codec, discriminators)


class Tensors(dict):
    """Stands in for the tensors of a file."""

    def shape(self, name):
        return tuple(self[name].shape)


@pytest.mark.parametrize(("family", "hint"), [({"slm": {}}, "; its slm is perhaps another one"), ({}, "")])
def test_a_family_of_another_shape_is_named(run, family, hint):
    """What frozen model a family listens to is not compared, but its number of layers and channels shows."""
    discriminators = run[2]
    weights = Tensors({f"families.period.{key}": torch.zeros(3) for key in discriminators.families.period.state_dict()})
    source = SimpleNamespace(
        discriminators=lambda: {"period": family}, discriminator_weights=lambda: weights, discriminators_learned=True
    )
    with pytest.raises(ValueError, match=rf"^discriminators\.period: .* is \[3\], its configuration says [^;]*{hint}"):
        match_families(source, discriminators)


def test_a_plain_bundle_cannot_train_on(plain_bundle, run):
    config, codec, discriminators = run
    with pytest.raises(ValueError, match="its weight norm was removed"):
        initialize_from(plain_bundle, codec=codec, discriminators=discriminators, config=config)


def test_discriminators_under_older_names_are_refused_with_a_way_out(checkpoint, run):
    config, codec, discriminators = run
    contents = torch.load(checkpoint, weights_only=True)
    contents["state_dict"] = {name.replace(".network.", ".judge."): t for name, t in contents["state_dict"].items()}
    torch.save(contents, checkpoint)
    before = state(codec, discriminators)
    with pytest.raises(ValueError, match="saved by an older lfsc, under other names: `lfsc export`"):
        initialize_from(checkpoint, codec=codec, discriminators=discriminators, config=config)
    assert unchanged(before, codec, discriminators)


@pytest.mark.parametrize("name", ["codec.encoder.conv_in.bias", "discriminators.families.stft.0.network.score.bias"])
def test_integers_and_nan_are_no_weights(name, checkpoint, run):
    config, codec, discriminators = run
    contents = torch.load(checkpoint, weights_only=True)
    weight = contents["state_dict"][name]
    for other, reason in ((weight.long(), "is of torch.int64"), (weight * float("nan"), "holds NaN or infinity")):
        torch.save(contents | {"state_dict": contents["state_dict"] | {name: other}}, checkpoint)
        with pytest.raises(ValueError, match=reason):
            initialize_from(checkpoint, codec=codec, discriminators=discriminators, config=config)
