"""Weights to begin from, and what becomes of the warm-up then."""

import os
import signal

import pytest
import torch
from torch.utils.data import DataLoader

from lfsc.export.bundle import write_bundle
from lfsc.formats.init_from import Part
from lfsc.formats.resolve import resolve
from lfsc.training.build import build_module
from lfsc.training.discriminator_warmup import DiscriminatorWarmup
from lfsc.training.fit import begin_from, quiet_lightning, settle_warmup

SETTINGS = ("max_updates=1", "validate_every=10", "discriminators.warmup_updates=3")


@pytest.fixture(scope="module")
def trained(train_run):
    """A run to begin from."""
    return train_run("max_updates=2", "validate_every=10")


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


def test_discriminators_that_have_not_started_yet_do_not_come_along(train_run, configure, capfd):
    run = train_run("discriminators.start_at=2", "max_updates=3", "checkpoint_every=1", "keep_last=3")
    checkpoints = {torch.load(path)["updates"]: path for path in run.checkpoints.glob("*.ckpt")}
    for update, come in ((2, False), (3, True)):
        module = build_module(configure("discriminators.warmup_updates=4"))
        begin_from(str(checkpoints[update]), module)
        assert module.warmup.updates == (0 if come else 4)
        assert ("no discriminators came along" not in capfd.readouterr().err) == come


def test_without_a_warmup_it_is_said_that_there_could_be_one():
    warmup = DiscriminatorWarmup(updates=0)
    assert "discriminators.warmup_updates=N" in settle_warmup([Part("encoder", 4)], warmup)
    assert warmup.updates == 0


def test_a_family_that_is_missing_learns_alone():
    warmup = DiscriminatorWarmup(updates=5)
    parts = [Part("encoder", 4), Part("discriminators.stft", 9), Part("discriminators.slm", 0, 3)]
    assert "slm did not come along, so that new ones learn alone for 5 updates" in settle_warmup(parts, warmup)
    assert (warmup.updates, warmup.families) == (5, ["slm"])


def test_what_only_the_source_has_needs_no_warmup():
    warmup = DiscriminatorWarmup(updates=5)
    settle_warmup([Part("discriminators.stft", 9), Part("discriminators.slm", 0, left_over=3)], warmup)
    assert warmup.updates == 0


def test_the_families_that_came_along_stay_as_they_are_meanwhile(micro, configure, trained, tmp_path):
    with resolve(trained.path) as found:
        families = [name for name in found.discriminators() if name != "_target_"]
        came = families[0]
        weights = {name: found.discriminator_weights()[name] for name in found.discriminator_weights()}
    contents = torch.load(trained.path / "checkpoints" / "last.ckpt", weights_only=True)
    for name in families[1:]:
        del contents["config"]["discriminators"][name]
    torch.save(contents, tmp_path / "one.ckpt")
    config = configure(*SETTINGS, f"init_from={tmp_path / 'one.ckpt'}", "discriminators.start_at=0", "max_updates=1")
    module = build_module(config)
    begin_from(config["init_from"], module)
    assert module.warmup.families == families[1:]
    loss = sum(parameter.square().sum() for parameter in module.discriminators.parameters())
    loss.backward()
    module.warmup.hold_others(module.discriminators)
    for name, family in module.discriminators.families.items():
        assert all((parameter.grad is None) == (name == came) for parameter in family.parameters())
        if name == came:
            assert all(torch.equal(t, weights[f"families.{name}.{key}"]) for key, t in family.state_dict().items())
    module.warmup.done = module.warmup.updates
    loss = sum(parameter.square().sum() for parameter in module.discriminators.parameters())
    loss.backward()
    module.warmup.hold_others(module.discriminators)
    assert all(parameter.grad is not None for parameter in module.discriminators.parameters())


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        MemoryError(),
    ],
)
def test_too_little_memory_is_one_line_with_what_needs_less(micro, configure, monkeypatch, error):
    config = configure("max_updates=1", "validate_every=9", "num_audio_samples=0")

    def fail(module, audio):
        raise error

    monkeypatch.setattr("lfsc.training.module.CodecModule.train_networks", fail)
    with pytest.raises(ValueError, match=r"^not enough memory \(.+\): a smaller batch_size, num_micro_batches=N"):
        micro.train(config)


def test_a_codec_that_has_diverged_is_said_to_have(micro, configure):
    config = configure("max_updates=1", "optimizers.generator.lr=1e12")
    with pytest.raises(ValueError, match=r"^at update 1, latents of .* the codec has diverged; take a lower"):
        micro.train(config)


def test_crops_that_are_too_short_for_a_loss_are_one_line(micro, configure):
    config = configure("max_updates=1", "validate_every=9", "crop_length=64", "data.max_val_clips=0")
    with pytest.raises(
        ValueError, match=r"^crop_length=64 or .* is too short for a loss or a discriminator \(.*longer"
    ):
        micro.train(config)


def test_more_loader_processes_than_cores_are_no_fault(recwarn):
    quiet_lightning()
    DataLoader([0], num_workers=1 + os.cpu_count())
    assert [str(warning.message) for warning in recwarn] == []


def test_a_run_that_is_stopped_at_once_is_said_to_be_interrupted(micro, configure, monkeypatch):
    """By a second Ctrl-C."""
    config = configure("max_updates=1", "validate_every=9")

    def stop(module, audio):
        raise KeyboardInterrupt

    monkeypatch.setattr("lfsc.training.module.CodecModule.train_networks", stop)
    handler = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(KeyboardInterrupt):
            micro.train(config)
    finally:
        signal.signal(signal.SIGINT, handler)  # Lightning ignores it from then on
    assert micro.run_of(config).status().state == "interrupted"
