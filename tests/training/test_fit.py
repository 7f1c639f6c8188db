"""Weights to begin from, and what becomes of the warm-up then."""

import pytest

from lfsc.export.bundle import write_bundle
from lfsc.formats.init_from import Part
from lfsc.formats.resolve import resolve
from lfsc.training.discriminator_warmup import DiscriminatorWarmup
from lfsc.training.fit import settle_warmup

SETTINGS = ("max_updates=1", "validate_every=10", "discriminators.warmup_updates=3")


@pytest.fixture(scope="module")
def trained(micro, noise_corpus, tmp_path_factory):
    """A run to begin from."""
    config = micro.configuration(noise_corpus, tmp_path_factory.mktemp("runs"), "max_updates=2", "validate_every=10")
    micro.train(config)
    return micro.run_of(config)


@pytest.mark.parametrize("with_discriminators", [True, False])
def test_new_discriminators_learn_first_and_others_need_not(
    with_discriminators, micro, configure, trained, tmp_path, capfd
):
    bundle, statements = tmp_path / "bundle", {"code": "x", "weights": "x", "data": "x"}
    with resolve(trained.path) as found:
        write_bundle(found, bundle, with_discriminators=with_discriminators, statements=statements)
    config = configure(*SETTINGS, f"init_from={bundle}")
    micro.train(config)
    done = micro.checkpoint_of(micro.run_of(config))["warmup"]["done"]
    reported = capfd.readouterr().err
    assert done == (0 if with_discriminators else 3)
    assert ("discriminators came along, so that they need no warm-up" in reported) == with_discriminators
    assert ("new ones learn alone for 3 updates before update 0" in reported) != with_discriminators


def test_without_a_warmup_it_is_said_that_there_could_be_one():
    warmup = DiscriminatorWarmup(updates=0)
    assert "discriminators.warmup_updates=N" in settle_warmup([Part("encoder", 4)], warmup)
    assert warmup.updates == 0


def test_a_family_that_was_loaded_is_enough_to_need_none():
    warmup = DiscriminatorWarmup(updates=5)
    settle_warmup([Part("encoder", 4), Part("discriminators.stft", 9), Part("discriminators.slm", 0, 3)], warmup)
    assert warmup.updates == 0
