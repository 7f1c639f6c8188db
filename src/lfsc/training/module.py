"""The update of both players: codec against discriminators."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from lightning import LightningModule
from torch import Tensor, nn

from lfsc.discriminators.ensemble import Ensemble, Views
from lfsc.losses.weighted import WeightedLosses
from lfsc.models.codec import Codec, Reconstructed
from lfsc.training.player import Player


class CodecTraining(LightningModule):
    """Codec and discriminators, trained in turns; every count of updates is of the generator's."""

    def __init__(
        self,
        *,
        config: dict[str, Any],
        codec: Codec,
        discriminators: Ensemble,
        reconstruction_losses: WeightedLosses,
        judged_losses: WeightedLosses,
        discriminator_loss: nn.Module,
        generator_player: Player,
        discriminators_player: Player,
        discriminators_every: int,
        updates_per_epoch: int,
    ):
        super().__init__()
        self.automatic_optimization = False
        self.config = config
        self.codec = codec
        self.discriminators = discriminators
        self.reconstruction_losses = reconstruction_losses
        self.judged_losses = judged_losses
        self.discriminator_loss = discriminator_loss
        self.weights = reconstruction_losses.weights | judged_losses.weights | {"discriminator": 1.0}
        self.players = {"generator": generator_player, "discriminators": discriminators_player}
        self.discriminators_every = discriminators_every
        self.updates_per_epoch = updates_per_epoch
        self.updates = 0
        # What callbacks read and add to: the last update's tensors, what was measured around it, the last validation.
        self.scalars: dict[str, Tensor] = {}
        self.measured: dict[str, float] = {}
        self.validation: dict[str, float] = {}
        self.validated_at = -1

    @property
    def discriminators_turn(self) -> bool:
        return self.updates % self.discriminators_every == 0

    def training_step(self, batch, batch_idx: int) -> None:
        real = batch.audio
        fake = self.codec(real).audio
        views = self.discriminators.views(real, fake)
        if self.discriminators_turn:
            self.update("discriminators", self.judging_losses(views))
        with untrained(self.discriminators):
            self.update("generator", self.coding_losses(real, fake, views))
        self.updates += 1
        self.decay_learning_rates()

    def judging_losses(self, views: Views) -> dict[str, Tensor]:
        # Detached: this turn trains the judges and must not reach the codec.
        real, fake = self.discriminators(views.real), self.discriminators(views.detached().fake)
        return {"discriminator": self.discriminator_loss(fake, real)}

    def coding_losses(self, real: Tensor, fake: Tensor, views: Views) -> dict[str, Tensor]:
        with torch.no_grad():
            judged_real = self.discriminators(views.real)
        judged_fake = self.discriminators(views.fake)
        return self.reconstruction_losses(fake, real) | self.judged_losses(judged_fake, judged_real)

    def update(self, player: str, losses: dict[str, Tensor]) -> None:
        """One step of a player's optimiser down the weighted sum of its losses."""
        optimizer = self.optimizers()[list(self.players).index(player)]
        optimizer.zero_grad()
        self.manual_backward(sum(self.weights[name] * loss for name, loss in losses.items()))
        norm = self.players[player].clip(optimizer)
        optimizer.step()
        self.scalars |= {name: loss.detach() for name, loss in losses.items()} | {f"grad_norm_{player}": norm}

    def decay_learning_rates(self) -> None:
        if self.updates % self.updates_per_epoch == 0:
            for scheduler in self.lr_schedulers():
                scheduler.step()

    def validation_step(self, batch, batch_idx: int):
        """What comes back of a batch, with its tokens; callbacks measure it and listen to it."""
        encoded = self.codec.encode(batch.audio, batch.lengths)
        decoded = self.codec.decode(*encoded)
        return Reconstructed(decoded.audio[:, : batch.audio.shape[-1]], encoded.tokens)

    def judged_and_measured(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """Every loss of both players on audio that is not trained on."""
        views = self.discriminators.views(real, fake)
        return self.coding_losses(real, fake, views) | self.judging_losses(views)

    def configure_optimizers(self) -> tuple[list, list]:
        generator = self.players["generator"].optimizer(self.codec.parameters())
        discriminators = self.players["discriminators"].optimizer(self.discriminators.parameters())
        optimizers = [generator, discriminators]
        schedulers = [player.schedule(opt) for player, opt in zip(self.players.values(), optimizers, strict=True)]
        return optimizers, schedulers

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["updates"] = self.updates
        checkpoint["config"] = self.config
        # Lightning's own counts of steps and batches mean nothing here: `updates` and the loader's state say it all.
        del checkpoint["loops"]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.updates = checkpoint["updates"]


@contextmanager
def untrained(module: nn.Module) -> Iterator[None]:
    """Inside, gradients pass through `module` but none is computed for its parameters."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)
