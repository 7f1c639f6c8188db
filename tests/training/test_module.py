"""An update of both networks: NeMo's trajectory, which of them steps, and what is computed in it."""

import copy
from functools import cache

import pytest
import torch
from lightning import Callback, Trainer
from torch.utils.data import DataLoader

from lfsc.config.compose import compose
from lfsc.config.instantiate import build
from lfsc.data.batch import Batch
from lfsc.losses.named import NamedLosses
from lfsc.training.build import build_optimizer
from lfsc.training.module import CodecModule

NAMES = {
    "d_loss": "discriminator",
    "g_loss_mel_l1": "mel",
    "g_loss_stft": "stft",
    "g_loss_gen": "adversarial",
    "g_loss_feature": "features",
}


@pytest.fixture
def module(tiny_reference):
    return module_of(tiny_reference)


@pytest.fixture
def batches(tiny_reference):
    return batches_of(tiny_reference)


@cache
def papers_config() -> dict:
    return compose("lfsc_22khz", ["data.path=unused"])


def module_of(reference) -> CodecModule:
    """The paper's training of one of NeMo's narrow codecs."""
    config = copy.deepcopy(papers_config())
    losses = build(config["losses"])
    return CodecModule(
        config=config,
        codec=reference.codec,
        discriminators=reference.discriminators,
        reconstruction_losses=NamedLosses(losses["reconstruction"]),
        adversarial_losses=NamedLosses(losses["adversarial"]),
        discriminator_loss=losses["discriminator"],
        generator_optimizer=build_optimizer(config, "generator"),
        discriminator_optimizer=build_optimizer(config, "discriminators"),
        discriminator_update_period=config["discriminator_update_period"],
    )


def batches_of(reference) -> list[Batch]:
    return [Batch(audio, ["a", "b"], []) for audio in reference.arrays["train_batches"]]


def cut(batches: list[Batch], length: int) -> list[Batch]:
    return [batch._replace(audio=batch.audio[:, :length]) for batch in batches]


class Record(Callback):
    def __init__(self):
        self.updates = []

    def on_train_batch_end(self, trainer, module, *_):
        self.updates.append({name: value.item() for name, value in module.scalars.items()})
        module.scalars = {}


def fit(module, batches, **flags):
    record = Record()
    flags = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, **flags}
    trainer = Trainer(max_epochs=1, accelerator="cpu", enable_model_summary=False, callbacks=[record], **flags)
    trainer.fit(module, DataLoader(batches, batch_size=None))
    return record.updates


@pytest.mark.slow
def test_the_trajectory_is_nemos(reference):
    module = module_of(reference)
    updates = fit(module, batches_of(reference))
    assert len(updates) == len(reference.scalars["trajectory"]) == module.updates
    for ours, theirs in zip(updates, reference.scalars["trajectory"], strict=True):
        for name, value in theirs.items():
            if name in NAMES:
                assert ours[NAMES[name]] == pytest.approx(value, rel=1e-3), name
    with torch.no_grad():
        latents = module.codec.encoder(module.codec.pad(reference.arrays["clip"]))
    expected = reference.arrays["clip_latents_after_training"]
    assert (latents - expected).norm() / expected.norm() < 1e-3


def test_two_updates_follow_nemo(reference):
    """The fast part of the test above: one update in which the discriminators step and one in which they do not."""
    updates = fit(module_of(reference), batches_of(reference)[:2])
    for ours, theirs in zip(updates, reference.scalars["trajectory"][:2], strict=True):
        for name in NAMES.keys() & theirs.keys():
            assert ours[NAMES[name]] == pytest.approx(theirs[name], rel=1e-3), name


def test_discriminators_step_in_every_second_update(module, batches):
    updates = fit(module, cut(batches[:3], 4096))
    assert ["discriminator" in update for update in updates] == [True, False, True]


@pytest.mark.parametrize("losses", ["reconstruction_losses", "adversarial_losses"])
def test_a_loss_from_which_nothing_learns_is_refused_by_name(module, batches, losses):
    named = getattr(module, losses)
    name = next(iter(named.losses))
    forward = named.losses[name].forward
    named.losses[name].forward = lambda *inputs: forward(*inputs).detach()
    with pytest.raises(ValueError, match=f"^the loss {name} has no gradient, so that nothing would learn from it"):
        fit(module, cut(batches[:1], 4096))


def test_the_slm_runs_once_per_clip_and_update(module, batches):
    with_graph = []
    slm = module.discriminators.families["slm"][0].transform.held[0].slm
    slm.register_forward_hook(lambda *_: with_graph.append(torch.is_grad_enabled()))
    fit(module, cut(batches[:2], 4096))
    # Real without a graph, fake with one, in an update of both networks as in one of the generator alone.
    assert with_graph == [False, True, False, True]


def test_a_validation_passes_the_discriminators_once_for_all_losses(module, batches):
    real, passes = batches[0].audio, []
    module.discriminators.register_forward_hook(lambda *_: passes.append(1))
    with torch.no_grad():
        fake = module.codec(real).audio
        found = module.losses(real, fake)
        assert len(passes) == 2 and found.keys() == module.loss_weights.keys()
        forward_pass = module.transform(real, fake)
        alone = module.generator_losses(forward_pass) | module.discriminator_losses(forward_pass)
    assert {name: value.item() for name, value in found.items()} == {name: alone[name].item() for name in found}


def test_activation_checkpointing_changes_nothing(module, batches):
    """Also where the codec draws random numbers, as a quantizer of one's own may: its gradients are of what it gave."""
    module.codec.encoder.register_forward_hook(lambda *given: given[-1] + 0.1 * torch.randn_like(given[-1]))
    clips = cut(batches[:2], 4096)
    torch.manual_seed(0)
    kept = fit(copy.deepcopy(module), clips)
    module.activation_checkpointing = True
    passes = []
    module.codec.register_forward_pre_hook(lambda *_: passes.append(torch.is_grad_enabled()))
    torch.manual_seed(0)
    assert fit(module, clips) == kept
    assert passes == [True, True] * len(clips)


@pytest.mark.slow
def test_levers_of_speed_change_results_in_rounding_alone(module, batches):
    from levers import WITHOUT  # which takes the hub away from whatever is imported after it

    clips = cut(batches[:2], 8192)
    expected = fit(copy.deepcopy(module), clips)
    for lever, taken_away in WITHOUT.items():
        stock = copy.deepcopy(module)
        with taken_away(stock):
            updates = fit(stock, clips)
        for found, value in zip(updates, expected, strict=True):
            assert found == pytest.approx(value, rel=1e-4, abs=1e-6), lever


def test_each_step_trains_its_own_network(module, batches):
    """The generator's step computes no gradient for a discriminator, the discriminators' step none for the codec."""
    backward = []
    original = module.manual_backward

    def spy(loss):
        cleared = gradients(module)
        original(loss)
        backward.append((cleared, gradients(module)))

    module.manual_backward = spy
    fit(module, cut(batches[:1], 4096))
    (before, after), (before_generator, after_generator) = backward
    assert before["discriminators"] is None, "their gradients are cleared before their backward"
    assert after["codec"] is None
    assert after["discriminators"] is not None
    assert torch.equal(before_generator["discriminators"], after_generator["discriminators"])
    assert after_generator["codec"] is not None


def gradients(module):
    """All gradients of each network as one vector, None where there is none."""
    networks = {"codec": module.codec, "discriminators": module.discriminators}
    found = {
        name: [p.grad.flatten() for p in network.parameters() if p.grad is not None]
        for name, network in networks.items()
    }
    return {name: torch.cat(gradient).clone() if gradient else None for name, gradient in found.items()}


def test_learning_rates_decay_by_epochs_of_updates(module, batches):
    config = compose("lfsc_22khz", ["data.path=unused", "updates_per_epoch=2"])
    for network in ("generator", "discriminators"):
        module.gan_optimizers[network] = build_optimizer(config, network)
    fit(module, cut(batches[:4], 2048))
    rates = [optimizer.param_groups[0]["lr"] for optimizer in module.optimizers()]
    assert rates == pytest.approx([2e-4 * 0.998**2] * 2)


def test_the_frozen_slm_is_in_no_checkpoint(module):
    assert not any("slm.model" in name or "transform" in name for name in module.state_dict())
    copy.deepcopy(module).load_state_dict(module.state_dict(), strict=True)
