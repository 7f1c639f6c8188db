"""Inside an update nobody reads a value back from the device, which would wait for all its work."""

import pytest
import torch
from lightning import Trainer
from torch.utils._python_dispatch import TorchDispatchMode

from lfsc.data.batch import Batch
from lfsc.training.build import build_module
from lfsc.training.precision import precision_plugins

READS = (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default, torch.ops.aten.is_nonzero.default)

WATCHED = 4  # updates


class Reads(TorchDispatchMode):
    """Counts the operations whose result the program must know before it goes on."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        if function in READS:
            self.seen.append(function)
        return function(*arguments, **(options or {}))


def fit(config, *, watch):
    """Updates whose steps are inside the context that `watch` makes, after one that warms up."""
    module = build_module(config)
    step = module.training_step

    def watched(batch, batch_idx):
        if batch_idx == 0:
            return step(batch, batch_idx)
        with watch():
            return step(batch, batch_idx)

    module.training_step = watched
    audio = 0.1 * torch.randn(config["batch_size"], config["crop_length"])
    batches = [Batch(audio, ["clip"] * len(audio), []) for _ in range(1 + WATCHED)]
    precision = config["trainer"]["precision"]
    plugins = precision_plugins(precision)
    settings = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "devices": 1}
    settings |= {"precision": None if plugins else precision, "plugins": plugins, "enable_model_summary": False}
    trainer = Trainer(max_epochs=1, accelerator=config["trainer"]["accelerator"], **settings)
    trainer.fit(module, torch.utils.data.DataLoader(batches, batch_size=None))


def test_nothing_is_read_back(configure):
    reads = Reads()
    fit(configure("optimizers.generator.clip_norm=1.0"), watch=lambda: reads)
    # torchaudio keeps the length of what it resampled, real and fake, in a tensor that always lies on the host.
    assert len(reads.seen) == 2 * WATCHED


def test_the_watch_sees_reads():
    reads = Reads()
    with reads:
        torch.ones(1).item()
    assert len(reads.seen) == 1


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed", "16-mixed"])
def test_nothing_waits_for_the_gpu(configure, precision):
    class Refused:
        def __enter__(self):
            torch.cuda.set_sync_debug_mode("error")

        def __exit__(self, *_):
            torch.cuda.set_sync_debug_mode("default")

    settings = ("trainer.accelerator=gpu", f"trainer.precision={precision}", "optimizers.generator.clip_norm=1.0")
    fit(configure(*settings), watch=Refused)
