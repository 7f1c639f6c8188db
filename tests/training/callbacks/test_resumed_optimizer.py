"""Settings of optimizers and schedules that change when a run is resumed."""

import pytest
import torch

from lfsc.training.callbacks.resumed_optimizer import change_optimizer, change_schedule
from lfsc.training.schedules import WarmupCosine

STEPS = ("validate_every=10", "checkpoint_every=1", "log_every=1", "data.max_val_clips=0", "updates_per_epoch=1")


@pytest.fixture
def begun(micro, configure):
    """The configuration of a run of two updates whose rates decay after each of them."""
    generator = ("optimizers.generator.lr=0.01", "optimizers.generator.schedule.decay=0.5")
    config = configure(*STEPS, "max_updates=2", *generator)
    micro.train(config)
    return config | {"max_updates": 4}


def with_generator(config, schedule=(), **changes):
    """The configuration with other settings of the generator's optimizer, and of its schedule."""
    settings = config["optimizers"]["generator"] | changes
    settings["schedule"] = settings["schedule"] and settings["schedule"] | dict(schedule)
    return config | {"optimizers": config["optimizers"] | {"generator": settings}}


def rates(micro, config, network="generator"):
    return [float(row[f"lr/{network}"]) for row in micro.history(micro.run_of(config))]


def test_a_new_rate_holds_from_there_on_decayed_as_the_old_one_was(micro, begun):
    module = micro.resume(with_generator(begun, lr=0.002))
    assert rates(micro, begun) == pytest.approx([0.005, 0.0025, 0.00025, 0.000125])
    (scheduler, _) = module.lr_schedulers()
    assert scheduler.base_lrs == [0.002]


def test_the_other_network_is_left_alone(micro, begun):
    before = rates(micro, begun, "discriminators")
    micro.resume(with_generator(begun, lr=0.002))
    decay = begun["optimizers"]["discriminators"]["schedule"]["decay"]
    assert rates(micro, begun, "discriminators") == pytest.approx([*before, before[-1] * decay, before[-1] * decay**2])


def test_a_new_decay_and_new_betas_hold(micro, begun):
    module = micro.resume(with_generator(begun, {"decay": 1.0}, betas=[0.5, 0.6]))
    assert rates(micro, begun) == pytest.approx([0.005, 0.0025, 0.0025, 0.0025])
    optimizer = module.optimizers(use_pl_optimizer=False)[0]
    assert tuple(optimizer.param_groups[0]["betas"]) == (0.5, 0.6)


def test_a_rate_of_nothing_can_be_raised(micro, configure):
    config = configure(*STEPS, "max_updates=1", "optimizers.generator.lr=0.0")
    micro.train(config)
    micro.resume(with_generator(config, lr=0.01) | {"max_updates": 2})
    decay = config["optimizers"]["generator"]["schedule"]["decay"]
    assert rates(micro, config)[-1] == pytest.approx(0.01 * decay)


@pytest.mark.parametrize(
    ("before", "now", "base_rates"),
    [
        ({"lr": 0.01, "weight_decay": 0.1}, {"lr": 0.02, "weight_decay": 0.1}, [0.02, 0.002]),
        ({"lr": 0.01, "eps": 1e-8}, {"lr": 0.01, "eps": 1e-6}, [0.01, 0.001]),
        ({"eps": 1e-8}, {"eps": 1e-6}, [0.01, 0.001]),  # of a function that knows its rates itself
    ],
)
def test_groups_of_parameters_keep_what_is_their_own(before, now, base_rates):
    own = {0.01: 0.1, 0.001: 0.0}
    groups = [
        {"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr, "weight_decay": decay} for lr, decay in own.items()
    ]
    optimizer = torch.optim.Adam(groups)
    schedule = WarmupCosine(optimizer, warmup_updates=1, max_updates=10)
    optimizer.step()
    for _ in range(3):
        schedule.step()
    state, scheduled = optimizer.state_dict(), schedule.state_dict()
    change_optimizer(state, before, now)
    change_schedule(scheduled, state, now | {"schedule": {"max_updates": 20}})
    assert [group["weight_decay"] for group in state["param_groups"]] == [0.1, 0.0]
    assert scheduled["base_lrs"] == pytest.approx(base_rates)
    assert scheduled["_last_lr"] == pytest.approx([rate * schedule.factor(3) for rate in base_rates])
    assert scheduled["max_updates"] == 20


def test_a_cosine_is_stretched_to_a_longer_run(micro, configure):
    """From the update where it resumes, it is the cosine that the longer run would have had from its beginning."""
    cosine = (*STEPS, "optimizers=adamw_cosine", "optimizers.generator.schedule.warmup_updates=1")
    cosine = (*cosine, "optimizers.discriminators.schedule.warmup_updates=1")
    short, whole = configure(*cosine, "max_updates=2"), configure(*cosine, "max_updates=5", "name=whole")
    micro.train(short)
    micro.train(whole)
    micro.resume(with_generator(short, {"max_updates": 5}) | {"max_updates": 5})
    assert rates(micro, short)[2:] == pytest.approx(rates(micro, whole)[2:])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"_target_": "torch.optim.SGD"}, "optimizers.generator._target_ cannot change within a run"),
        ({"schedule": None}, "optimizers.generator.schedule._target_ cannot change within a run"),
    ],
)
def test_another_class_is_refused(micro, begun, changes, message):
    generator = begun["optimizers"]["generator"] | changes
    with pytest.raises(ValueError, match=message):
        micro.resume(begun | {"optimizers": begun["optimizers"] | {"generator": generator}})


def test_discriminators_in_another_order_are_refused(micro, begun):
    """Such as by a program that sorts the keys of config.yaml."""
    with pytest.raises(
        ValueError, match="discriminators in the order period, slm, stft, its checkpoint stft, period, s"
    ):
        micro.resume(begun | {"discriminators": dict(sorted(begun["discriminators"].items()))})
