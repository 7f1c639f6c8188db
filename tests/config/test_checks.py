"""Numbers that count something."""

import pytest

from lfsc.config.checks import COUNTS, check_counts

WHOLE = dict.fromkeys(COUNTS, 4) | {
    "loss_gradients_every": None,
    "num_threads": None,
    "patience": None,
    "num_workers": 0,
    "save_top_k": 0,
    "num_audio_samples": 0,
    "discriminators": {"start_at": 0, "warmup_updates": 0},
    "debug": {"profile": 0},
    "health_checks": {"discriminator_updates": 0, "mel_rises": 0},
    "trainer": {"devices": 1, "num_nodes": 1},
    "data": {},
}


def test_valid_counts_pass():
    check_counts(WHOLE)
    check_counts(WHOLE | {"num_micro_batches": 2, "loss_gradients_every": 1, "debug": {"profile": 3}})
    check_counts(WHOLE | {"num_micro_batches": 3, "data": {"batch_size": 6}})
    check_counts(WHOLE | {"trainer": {"devices": "auto", "num_nodes": 2}})
    check_counts(WHOLE | {"discriminators": {"start_at": 3, "warmup_updates": 2}, "num_threads": 1})


@pytest.mark.parametrize("name", [*COUNTS, "loss_gradients_every", "num_threads", "patience"])
@pytest.mark.parametrize("value", [0, -1, 2.5])
def test_nothing_happens_every_zero_updates(name, value):
    with pytest.raises(ValueError, match=rf"^{name}={value}: expected a whole number from 1 (on|to 4096)$"):
        check_counts(WHOLE | {name: value})


def test_a_count_may_not_be_left_open():
    with pytest.raises(ValueError, match="validate_every=None: expected a whole number"):
        check_counts(WHOLE | {"validate_every": None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_threads": 10**12}, "num_threads=1000000000000: expected a whole number from 1 to 4096"),
        ({"trainer": {"devices": 1, "num_nodes": 10**12}}, "trainer.num_nodes=1000000000000: expected a whole number"),
        ({"trainer": {"devices": 10**12, "num_nodes": 1}}, "trainer.devices=1000000000000: expected a whole number"),
        ({"num_micro_batches": 4, "data": {"batch_size": 6}}, "expected a number that divides data.batch_size=6"),
        ({"num_micro_batches": 3}, "num_micro_batches=3: expected a number that divides batch_size=4"),
        ({"save_top_k": -1}, "save_top_k=-1: expected a whole number from 0 on"),
        ({"num_audio_samples": -1}, "num_audio_samples=-1: expected a whole number from 0 on"),
        ({"num_workers": -1}, "num_workers=-1: expected a whole number from 0 on"),
        ({"debug": {"profile": -1}}, "debug.profile=-1: expected a whole number from 0 on"),
        ({"health_checks": {"discriminator_updates": 5, "mel_rises": -1}}, "health_checks.mel_rises=-1: expected a wh"),
        ({"discriminators": {"start_at": 4}}, "start_at=4: expected a whole number from 0 to below max_updates=4"),
        ({"discriminators": {"start_at": -1}}, "start_at=-1: expected a whole number from 0"),
        ({"discriminators": {"start_at": None}}, "start_at=None: expected a whole number from 0"),
        ({"discriminators": {"start_at": 0, "warmup_updates": -1}}, "warmup_updates=-1: expected a whole number"),
        ({"discriminators": {"start_at": 0}}, "warmup_updates=None: expected a whole number"),
    ],
)
def test_contradictions_are_reported(changes, message):
    with pytest.raises(ValueError, match=message):
        check_counts(WHOLE | changes)
