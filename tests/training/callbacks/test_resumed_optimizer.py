"""Learning rates that change when a run is resumed."""

import pytest

STEPS = ("validate_every=10", "checkpoint_every=1", "log_every=1", "data.max_val_clips=0", "updates_per_epoch=1")


@pytest.fixture
def begun(micro, configure):
    """The configuration of a run of two updates whose rates decay after each of them."""
    config = configure(*STEPS, "max_updates=2", "optimizers.generator.lr=0.01", "optimizers.generator.decay=0.5")
    micro.train(config)
    return config | {"max_updates": 4}


def with_generator(config, **changes):
    players = config["optimizers"]
    return config | {"optimizers": players | {"generator": players["generator"] | changes}}


def rates(micro, config, player="generator"):
    return [float(row[f"lr/{player}"]) for row in micro.history(micro.run_of(config))]


def test_a_new_rate_holds_from_there_on_decayed_as_the_old_one_was(micro, begun):
    module = micro.resume(with_generator(begun, lr=0.002))
    assert rates(micro, begun) == pytest.approx([0.005, 0.0025, 0.00025, 0.000125])
    (scheduler, _) = module.lr_schedulers()
    assert scheduler.base_lrs == [0.002]


def test_the_other_player_is_left_alone(micro, begun):
    before = rates(micro, begun, "discriminators")
    micro.resume(with_generator(begun, lr=0.002))
    decay = begun["optimizers"]["discriminators"]["decay"]
    assert rates(micro, begun, "discriminators") == pytest.approx([*before, before[-1] * decay, before[-1] * decay**2])


def test_a_new_decay_and_new_betas_hold(micro, begun):
    module = micro.resume(with_generator(begun, decay=1.0, betas=[0.5, 0.6]))
    assert rates(micro, begun) == pytest.approx([0.005, 0.0025, 0.0025, 0.0025])
    optimizer = module.optimizers(use_pl_optimizer=False)[0]
    assert tuple(optimizer.param_groups[0]["betas"]) == (0.5, 0.6)


def test_a_rate_of_nothing_can_be_raised(micro, configure):
    config = configure(*STEPS, "max_updates=1", "optimizers.generator.lr=0.0")
    micro.train(config)
    micro.resume(with_generator(config, lr=0.01) | {"max_updates": 2})
    assert rates(micro, config)[-1] == pytest.approx(0.01 * config["optimizers"]["generator"]["decay"])
