"""What is reported, when, and only once."""

import logging
import types

import pytest

from lfsc.training.callbacks.health_checks import HealthChecks
from lfsc.training.discriminator_warmup import DiscriminatorWarmup

SETTINGS = {"discriminator_below": 0.02, "discriminator_updates": 30, "codebook_usage_below": 0.1, "mel_rises": 3}


@pytest.fixture
def watch(caplog):
    """A function that shows rows {update: values} to the checks and returns what they warn of."""

    def show(rows, checks=None, *, is_first_rank=True):
        checks = checks or HealthChecks(**SETTINGS)
        caplog.clear()
        for update, values in rows.items():
            module = types.SimpleNamespace(
                updates=update, warmup=DiscriminatorWarmup(updates=0), recorded=values, recorded_at=update,
                validation=values, validated_at=update if "val/mel" in values else -1,
            )  # fmt: skip
            with caplog.at_level(logging.WARNING):
                checks.on_train_batch_end(types.SimpleNamespace(is_global_zero=is_first_rank), module)
        return caplog.messages

    return show


def test_discriminators_that_win_for_long(watch):
    losses = {10: 0.1, 20: 0.01, 30: 0.01, 40: 0.01, 50: 0.015, 60: 0.01, 70: 0.01}
    (message,) = watch({update: {"train/discriminator": loss} for update, loss in losses.items()})
    assert message.startswith("the discriminators win: their loss has been under 0.02 since update 20 and is 0.015")


def test_discriminators_that_win_now_and_then(watch):
    losses = {10: 0.01, 20: 0.01, 30: 0.01, 35: 0.3, 40: 0.01, 50: 0.01, 60: 0.01}
    assert watch({update: {"train/discriminator": loss} for update, loss in losses.items()}) == []


def test_discriminators_that_explode(watch):
    def rows(*losses):
        return {update: {"train/discriminator": loss} for update, loss in enumerate(losses)}

    assert watch(rows(0.5, 40.0, 50.0, 0.3, 60.0, 70.0)) == []
    (message,) = watch(rows(0.5, 40.0, 50.0, 6e9, 7e9))
    assert message.startswith("the discriminators explode: their loss is 6e+09, where 0.25 is guessing")


def test_a_codebook_that_is_hardly_used(watch):
    assert watch({1: {"codebook/usage_min": 0.1}, 2: {}}) == []
    (message,) = watch({1: {"codebook/usage_min": 0.04}, 2: {"codebook/usage_min": 0.03}})
    assert "only 4.0% of its tokens" in message


def mels(*values):
    return {update: {"val/mel": value} for update, value in enumerate(values)}


def test_a_validation_that_only_grows(watch):
    (message,) = watch(mels(0.5, 0.3, 0.31, 0.32, 0.4, 0.5))
    assert "risen 3 consecutive times, from 0.3 to 0.4" in message


@pytest.mark.parametrize("values", [(0.5, 0.3, 0.31, 0.32, 0.3, 0.31), (0.3, 0.3, 0.3, 0.3, 0.3)])
def test_a_validation_that_does_not_only_grow(watch, values):
    assert watch(mels(*values)) == []


def test_a_codec_that_has_no_gradient(watch):
    rows = {10: 0.0, 20: 0.0, 30: 0.1, 40: 0.0, 50: 0.0, 60: None, 70: 0.0, 80: 0.0}
    assert watch({update: {"grad_norm/generator": norm} for update, norm in rows.items() if update < 60}) == []
    (message,) = watch({update: {} if norm is None else {"grad_norm/generator": norm} for update, norm in rows.items()})
    assert message.startswith("the codec learns nothing: its gradient was 0 in the last 3 rows of metrics.csv")


def test_a_resumed_run_remembers(watch):
    first, second = HealthChecks(**SETTINGS), HealthChecks(**SETTINGS)
    assert watch(mels(0.3, 0.4, 0.5), first) == []
    second.load_state_dict(first.state_dict())
    assert len(watch({9: {"val/mel": 0.6}}, second)) == 1
    third = HealthChecks(**SETTINGS)
    third.load_state_dict(second.state_dict())
    assert watch({10: {"val/mel": 0.7}}, third) == [], "it was reported before"


def test_one_rank_speaks_for_all(watch):
    rows = {1: {"codebook/usage_min": 0.04}}
    assert watch(rows, is_first_rank=False) == [] and len(watch(rows)) == 1
