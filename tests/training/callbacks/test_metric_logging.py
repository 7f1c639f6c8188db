"""What a run's log says."""

import types
from pathlib import Path

import pytest
import torch

from lfsc.training.callbacks.metric_logging import MetricLogging
from lfsc.training.discriminator_warmup import DiscriminatorWarmup


@pytest.fixture(scope="module")
def rows(micro, finished):
    return {int(row["update"]): row for row in micro.history(finished)}


def test_training_reports_every_network_and_discriminator(rows):
    losses = {f"train/{name}" for name in ("mel", "stft", "adversarial", "features", "discriminator")}
    norms = {"grad_norm/generator", "grad_norm/discriminators"}
    statistics = {
        f"discriminator/{name}/{what}"
        for name in ("stft_0", "period_0", "slm_0")
        for what in ("score_real", "score_fake", "accuracy")
    }
    others = {"lr/generator", "lr/discriminators", "skipped/generator", "skipped/discriminators", "data/skipped_clips"}
    assert losses | norms | statistics | others <= rows[1].keys()
    assert all(0 <= float(rows[1][name]) <= 1 for name in statistics if name.endswith("accuracy"))


def test_validation_stands_in_the_row_of_its_update(rows):
    assert {update for update in rows if "val/mel" in rows[update]} == {0, 6, 12}
    assert rows[0].keys() == {"update", *(name for name in rows[6] if name.startswith("val/"))}


def test_losses_are_the_means_over_the_micro_batches(rows):
    assert all(0 < float(rows[update]["train/mel"]) < 3 for update in range(1, 13))


def test_every_loss_is_measured_on_validation_data_too(rows):
    names = ("mel", "stft", "adversarial", "features", "discriminator")
    assert all(float(rows[6][f"val/loss_{name}"]) > 0 for name in names)


def test_clips_that_were_skipped_are_counted():
    logging = MetricLogging(every=10, max_updates=100, warmup_file=Path("warmup.csv"))
    module = types.SimpleNamespace(updates=1, warmup=DiscriminatorWarmup(updates=0), validated_at=-1)
    for _ in range(3):
        logging.on_train_batch_end(None, module, None, types.SimpleNamespace(skipped=["a", "b"]))
    assert logging.state_dict() == {"skipped": 6}


def test_only_the_first_rank_keeps_the_count_of_all():
    logging = MetricLogging(every=10, max_updates=100, warmup_file=Path("warmup.csv"))
    logging.load_state_dict({"skipped": 6})
    module = types.SimpleNamespace(updates=0, warmup=DiscriminatorWarmup(updates=0), validated_at=-1)
    logging.on_train_start(types.SimpleNamespace(is_global_zero=False, loggers=[]), module)
    assert logging.state_dict() == {"skipped": 0}


def test_nothing_is_read_between_two_rows():
    """Reading makes the host wait for the device: tensors that cannot be read stand for that."""
    module = types.SimpleNamespace(
        updates=7,
        warmup=DiscriminatorWarmup(updates=0),
        validated_at=-1,
        scalars={"mel": torch.empty(0, device="meta")},
    )
    logging = MetricLogging(every=10, max_updates=100, warmup_file=Path("warmup.csv"))
    logging.on_train_batch_end(None, module, None, types.SimpleNamespace(skipped=[]))
