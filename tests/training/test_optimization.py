"""A step of one network's optimizer: clipped, scaled, and skipped where something is not finite."""

import copy
import math
from functools import partial

import pytest
import torch
from torch.amp import GradScaler

from lfsc.config.compose import compose
from lfsc.training.build import build_optimizer
from lfsc.training.optimization import GanOptimizer
from lfsc.training.schedules import ExponentialDecay

ADAM = partial(torch.optim.Adam, lr=0.1, betas=(0.8, 0.99), fused=True)
# Optimizers that cannot skip a step by themselves, on the device.
UNFUSED = [partial(torch.optim.SGD, lr=0.1, momentum=0.9), partial(torch.optim.Adam, lr=0.1, foreach=True)]


def optimizer_and_weights(*, optimizer=ADAM, **settings):
    gan_optimizer = GanOptimizer(optimizer=optimizer, **settings)
    weights = [torch.nn.Parameter(torch.tensor([1.0, -2.0])), torch.nn.Parameter(torch.tensor([[0.5]]))]
    return gan_optimizer, weights, gan_optimizer.configure(weights)["optimizer"]


def learn(gan_optimizer, weights, optimizer, factor=1.0):
    optimizer.zero_grad()
    gan_optimizer.scale(sum((factor * weight.square()).sum() for weight in weights)).backward()
    return gan_optimizer.step(optimizer)


def state(weights, optimizer):
    return copy.deepcopy(([weight.data for weight in weights], optimizer.state_dict()["state"]))


def test_a_step_is_adams():
    gan_optimizer, weights, optimizer = optimizer_and_weights()
    plain = [torch.nn.Parameter(weight.detach().clone()) for weight in weights]
    reference = torch.optim.Adam(plain, lr=0.1, betas=(0.8, 0.99))
    for _ in range(5):
        norm = learn(gan_optimizer, weights, optimizer)
        reference.zero_grad()
        sum(weight.square().sum() for weight in plain).backward()
        expected = torch.cat([weight.grad.flatten() for weight in plain]).norm()
        reference.step()
        torch.testing.assert_close(norm, expected)
        torch.testing.assert_close(weights, plain)


def test_gradients_are_shortened_to_clip_norm():
    gan_optimizer, weights, optimizer = optimizer_and_weights(clip_norm=0.5)
    norm = learn(gan_optimizer, weights, optimizer)
    assert norm == pytest.approx(math.sqrt(4 + 16 + 1)), "the norm that is reported is the one before"
    assert torch.cat([weight.grad.flatten() for weight in weights]).norm() == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize("factor", [math.nan, math.inf, 1e38])
@pytest.mark.parametrize("make", [ADAM, *UNFUSED], ids=["fused", "sgd", "foreach"])
def test_a_step_that_is_not_finite_changes_nothing(make, factor):
    """1e38 overflows in the loss alone: its gradients would be finite."""
    gan_optimizer, weights, optimizer = optimizer_and_weights(optimizer=make)
    learn(gan_optimizer, weights, optimizer)
    weights[0].data *= 2
    before = state(weights, optimizer)
    learn(gan_optimizer, weights, optimizer, factor)
    learn(gan_optimizer, weights, optimizer, factor)
    after = state(weights, optimizer)
    torch.testing.assert_close(after, before, rtol=0, atol=0)
    assert (int(gan_optimizer.skipped), int(gan_optimizer.consecutive_skipped)) == (2, 2)
    learn(gan_optimizer, weights, optimizer)
    assert (int(gan_optimizer.skipped), int(gan_optimizer.consecutive_skipped)) == (2, 0)
    assert not torch.equal(weights[0].data, before[0][0])


def test_scaled_gradients_step_as_plain_ones():
    plain, scaled = optimizer_and_weights(clip_norm=1.0), optimizer_and_weights(clip_norm=1.0, scaler=GradScaler("cpu"))
    for _ in range(3):
        assert learn(*plain) == pytest.approx(learn(*scaled).item())
    torch.testing.assert_close(plain[1], scaled[1])


def test_each_network_lowers_its_own_scale_on_overflow():
    (one, *first), (other, *second) = (
        optimizer_and_weights(scaler=GradScaler("cpu", init_scale=1024.0)) for _ in range(2)
    )
    learn(one, *first, 1e37)
    learn(other, *second)
    assert (one.scaler.get_scale(), other.scaler.get_scale()) == (512.0, 1024.0)
    assert (int(one.skipped), int(other.skipped)) == (1, 0)


def test_its_state_comes_back():
    gan_optimizer, weights, optimizer = optimizer_and_weights(scaler=GradScaler("cpu", init_scale=1024.0))
    learn(gan_optimizer, weights, optimizer, math.inf)
    again = GanOptimizer(optimizer=ADAM, scaler=GradScaler("cpu"))
    again.load_state_dict(gan_optimizer.state_dict())
    assert again.state_dict() == gan_optimizer.state_dict() != GanOptimizer(optimizer=ADAM).state_dict()


def test_a_run_may_change_to_another_precision():
    gan_optimizer = GanOptimizer(optimizer=ADAM)
    gan_optimizer.load_state_dict(GanOptimizer(optimizer=ADAM, scaler=GradScaler("cpu")).state_dict())
    assert gan_optimizer.scaler.get_scale() == 1.0


def test_a_schedule_comes_with_its_optimizer_and_may_be_left_out():
    weights = [torch.nn.Parameter(torch.ones(1))]
    schedule = partial(ExponentialDecay, decay=0.5, period=1)
    configured = GanOptimizer(optimizer=ADAM, schedule=schedule).configure(weights)
    configured["optimizer"].step()
    configured["lr_scheduler"]["scheduler"].step()
    assert configured["optimizer"].param_groups[0]["lr"] == pytest.approx(0.05)
    assert list(GanOptimizer(optimizer=ADAM).configure(weights)) == ["optimizer"]


@pytest.mark.parametrize("norm", [0, -1.0])
def test_a_clip_norm_must_be_positive(norm):
    with pytest.raises(ValueError, match="expected a positive number, or null"):
        GanOptimizer(optimizer=ADAM, clip_norm=norm)


def configured(*overrides, network="generator"):
    """What a configuration makes of one weight of 1: the optimizer around torch's, the weight and torch's."""
    gan_optimizer = build_optimizer(compose("demo", list(overrides)), network)
    weight = torch.nn.Parameter(torch.ones(1))
    return gan_optimizer, weight, gan_optimizer.configure([weight])


def test_weight_decay_shrinks_weights_that_have_no_gradient():
    changes = ["optimizers=adamw_cosine", "optimizers.generator.weight_decay=0.1", "optimizers.generator.lr=0.5"]
    _, weight, torchs = configured(*changes, "optimizers.generator.schedule=null")
    weight.grad = torch.zeros(1)
    torchs["optimizer"].step()
    assert type(torchs["optimizer"]) is torch.optim.AdamW
    assert weight.item() == pytest.approx(1 - 0.5 * 0.1)


def test_each_network_has_a_clip_norm_of_its_own():
    changes = ["optimizers.generator.clip_norm=0.5", "optimizers.discriminators.clip_norm=3"]
    generator, discriminators = (configured(*changes, network=name)[0] for name in ("generator", "discriminators"))
    assert (generator.clip_norm, discriminators.clip_norm) == (0.5, 3)
    assert configured()[0].clip_norm == math.inf


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizers.generator._target_=torch.optim.Nope", r"optimizers.generator \(torch.optim.Nope\) cannot be imp"),
        ("optimizers.generator._target_=math.pi", r"optimizers.generator \(math.pi\) is a float: expected a class"),
        ("optimizers.generator.betas=[2,3]", r"optimizers.generator \(torch.optim.Adam\): Invalid beta"),
        (
            "optimizers.generator.schedule.period=0",
            r"generator\.schedule\.period is 0: expected a whole number of 1 or more",
        ),
        ("+optimizers.generator.zebra=1", r"no key 'optimizers.generator.zebra'"),
    ],
)
def test_what_makes_no_optimizer_is_one_line(override, message):
    with pytest.raises(ValueError, match=message) as error:
        configured(override)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("optimizer", "schedule", "needed"),
    [(torch.optim.LBFGS, None, "closure"), (torch.optim.Adam, torch.optim.lr_scheduler.ReduceLROnPlateau, "metrics")],
)
def test_what_cannot_step_by_itself_is_refused(optimizer, schedule, needed):
    with pytest.raises(ValueError, match=rf"\.step\(\) needs {needed}: "):
        GanOptimizer(optimizer=optimizer, schedule=schedule).configure([torch.nn.Parameter(torch.ones(1))])


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("exp_avg", torch.ones(1)),
        ("exp_avg_sq", torch.ones(1).expand(2)),
        ("exp_avg", 3),
        ("step", torch.tensor(math.nan)),
        ("step", -1),
        ("exp_avg", None),
        ("step", torch.ones(0)),
        ("step", torch.ones(2)),
    ],
)
def test_a_state_that_is_not_as_its_parameter_is_refused(key, other):
    """A fused kernel would read and write beyond its end."""
    gan_optimizer, weights, optimizer = optimizer_and_weights()
    learn(gan_optimizer, weights, optimizer)
    saved = copy.deepcopy(optimizer.state_dict())
    optimizer.load_state_dict(copy.deepcopy(saved))
    saved["state"][0][key] = other
    before = state(weights, optimizer)
    with pytest.raises(ValueError, match=rf"the optimizer's {key} in the checkpoint is .* for a parameter \[2\]"):
        optimizer.load_state_dict(saved)
    torch.testing.assert_close(state(weights, optimizer), before)


def test_a_state_that_lacks_something_is_refused():
    gan_optimizer, weights, optimizer = optimizer_and_weights()
    learn(gan_optimizer, weights, optimizer)
    saved = copy.deepcopy(optimizer.state_dict())
    del saved["state"][0]["exp_avg_sq"]
    with pytest.raises(ValueError, match="the optimizer's exp_avg_sq in the checkpoint is NoneType for a parameter"):
        optimizer.load_state_dict(saved)
    saved["state"][0] = 5
    with pytest.raises(ValueError, match="the optimizer's state of a parameter is 5 in the checkpoint; "):
        optimizer.load_state_dict(saved)


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("lr", None),
        ("lr", "x"),
        ("lr", math.nan),
        ("betas", [0.9, math.inf]),
        ("betas", 3),
        ("betas", [0.9]),
        ("eps", []),
        ("maximize", 5),
        ("fused", torch.ones(2)),
        ("maximize", None),
    ],
)
def test_a_setting_of_another_kind_is_refused(key, other):
    _, _, optimizer = optimizer_and_weights()
    saved = optimizer.state_dict()
    optimizer.load_state_dict(copy.deepcopy(saved))
    saved["param_groups"][0][key] = other
    with pytest.raises(ValueError, match=rf"the optimizer's {key} in the checkpoint is .*, not such as "):
        optimizer.load_state_dict(saved)


def test_another_order_of_parameters_is_refused():
    gan_optimizer, weights, optimizer = optimizer_and_weights()
    learn(gan_optimizer, weights, optimizer)
    other = gan_optimizer.configure(weights[::-1])["optimizer"]
    with pytest.raises(ValueError, match=r"is \[2\] for a parameter \[1, 1\]"):
        other.load_state_dict(optimizer.state_dict())
