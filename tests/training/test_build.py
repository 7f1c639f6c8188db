"""Configurations that cannot be trained, and what a step may not do."""

import copy
import traceback

import pytest
import torch
from micro import do_without_trainer
from torch.utils._python_dispatch import TorchDispatchMode

from lfsc.training.build import build_module, build_strategy, build_trainer, on_devices
from lfsc.training.ddp import GanDDPStrategy


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["num_micro_batches=3"], "num_micro_batches=3: expected a number that divides batch_size=2"),
        (["patience=0"], "patience=0: expected a whole number from 1 on"),
        (["batch_size=0"], "batch_size=0: expected a whole number from 1 on"),
        (
            ["losses.reconstruction.mel=null", "losses.reconstruction.stft=null", "discriminators.start_at=9"],
            "losses.reconstruction is empty: the codec has no other before discriminators.start_at",
        ),
        (
            ["+losses.reconstruction.features={weight:1,loss:{_target_:lfsc.losses.waveform.WaveformLoss}}"],
            "losses.reconstruction.features: another loss has this name; give it one of its own",
        ),
        (["crop_length=4100"], "^crop_length=4100 is not a multiple of the codec's hop of 32 samples; .* is 4096"),
        (["trainer.precision=16-mixed"], "needs a GPU"),
        (["data.crop_length=4100"], "^data.crop_length=4100 is not a multiple of the codec's hop of 32 samples"),
        (["data.batch_size=3", "num_micro_batches=2"], "a number that divides data.batch_size=3"),
        (["optimizers.generator.clip_norm=x"], "^optimizers.generator.clip_norm=x: expected a positive number"),
        (["codec.encoder.channels=1000000000000"], r"^codec.encoder \(.*\) is larger than the memory \(.*\)$"),
        (["slm.layers=1000000000000"], "^discriminators.slm.slm.layers is 1000000000000: expected a whole number"),
    ],
)
def test_contradictions_are_reported(configure, overrides, message):
    with pytest.raises(ValueError, match=message):
        build_module(configure(*overrides))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["trainer.devices=0"], "trainer.accelerator=cpu trainer.devices=0: "),
        (["trainer.devices=-1"], "trainer.accelerator=cpu trainer.devices=-1: "),
        (["trainer.accelerator=mps"], "trainer.accelerator=mps: expected auto, cpu or gpu"),
    ],
)
def test_devices_that_are_not_there_are_reported(configure, micro, overrides, message):
    config = configure(*overrides)
    with pytest.raises(ValueError, match=message):
        build_trainer(config, micro.run_of(config))


SETTINGS = {"strategy": "auto", "devices": 1, "num_nodes": 1}


@pytest.mark.parametrize("settings", [{"strategy": "ddp"}, {"devices": "auto"}, {"devices": [0, 1]}, {"num_nodes": 2}])
def test_more_than_one_device_means_both_networks_under_ddp(settings):
    assert isinstance(build_strategy(SETTINGS | settings), GanDDPStrategy)


def test_one_device_needs_no_ddp():
    assert build_strategy(SETTINGS) == "auto"


def test_other_strategies_are_refused():
    with pytest.raises(ValueError, match="strategy=fsdp: expected auto or ddp"):
        build_strategy(SETTINGS | {"strategy": "fsdp"})


class NoReading(TorchDispatchMode):
    """Raises where a tensor's value is asked for: on a GPU the host would wait for it."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        reads = function in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default)
        if reads and not any("torchaudio" in frame.filename for frame in traceback.extract_stack(limit=20)):
            raise AssertionError(f"{function} reads from the device")  # torchaudio reads a length, on the host
        return function(*args, **kwargs or {})


@pytest.mark.parametrize("num_micro_batches", [1, 2])
def test_a_step_never_waits_for_the_device(micro, configure, num_micro_batches):
    from lightning import Callback

    from lfsc.training import build

    class Guard(Callback):
        def on_train_start(self, trainer, module):
            original = module.training_step

            def guarded(batch, batch_idx):
                with NoReading():
                    original(batch, batch_idx)

            module.training_step = guarded

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "optional_callbacks", lambda *_: [Guard()])
        config = configure("max_updates=2", "data.max_val_clips=0", f"num_micro_batches={num_micro_batches}")
        assert micro.train(config).updates == 2


def gradients_of_one_update(config, audio, num_micro_batches):
    """The gradients that reach each network's optimizer in one update of so many micro-batches."""
    torch.manual_seed(0)
    module = do_without_trainer(build_module(config | {"num_micro_batches": num_micro_batches}))
    found = {}
    for name, optimizer in module.gan_optimizers.items():
        network = module.networks[name]

        def step(_, name=name, network=network):
            found[name] = torch.cat([parameter.grad.flatten().clone() for parameter in network.parameters()])
            return found[name].norm()

        optimizer.step = step
    module.training_step(type("Batch", (), {"audio": audio}), 0)
    return found, copy.copy(module.scalars)


@torch.backends.mkldnn.flags(enabled=False)
def test_an_update_in_micro_batches_is_the_update(configure):
    """Nothing steps, so that both networks are trained against the same discriminators.

    Without oneDNN, which adds up the gradient of a bias one by one, to 1e-4 of it.
    """
    audio = 0.1 * torch.randn(4, 4096, generator=torch.Generator().manual_seed(1))
    config = configure("batch_size=4")
    whole, losses = gradients_of_one_update(config, audio, 1)
    for num_micro_batches in (2, 4):
        split, losses_of_split = gradients_of_one_update(config, audio, num_micro_batches)
        for name in whole:
            assert (split[name] - whole[name]).norm() / whole[name].norm() < 1e-5
        for name in ("mel", "stft", "adversarial", "features", "discriminator"):
            torch.testing.assert_close(losses_of_split[name], losses[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("processes", "devices"), [("2", 2), (None, 1)])
def test_a_cpu_has_as_many_ranks_as_torchrun_started(monkeypatch, processes, devices):
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    if processes:
        monkeypatch.setenv("LOCAL_WORLD_SIZE", processes)
    monkeypatch.setattr("lfsc.training.build.Trainer", lambda **settings: settings)
    assert on_devices(accelerator="cpu", devices="auto")["devices"] == devices
    assert on_devices(accelerator="gpu", devices="auto")["devices"] == "auto"


@pytest.mark.parametrize(("has_cuda", "found"), [(True, "cuda"), (False, "cpu")])
def test_a_gpu_is_a_cuda_device(monkeypatch, has_cuda, found):
    """Lightning's own choice between them, on a Mac, would be a GPU without float64."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: has_cuda)
    monkeypatch.setattr("lfsc.training.build.Trainer", lambda **settings: settings)
    assert on_devices(accelerator="auto", devices=1)["accelerator"] == found
    assert on_devices(accelerator="gpu", devices=1)["accelerator"] == "cuda"
