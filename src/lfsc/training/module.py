"""The update of both players: codec against discriminators."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from lightning import LightningModule
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.utils.checkpoint import checkpoint

from lfsc.discriminators.ensemble import Ensemble, DiscriminatorInputs
from lfsc.losses.weighted import NamedLosses
from lfsc.metrics.discriminator import score_statistics
from lfsc.models.codec import Codec, Reconstructed
from lfsc.training.accumulation import Pieces
from lfsc.training.discriminator_warmup import DiscriminatorWarmup
from lfsc.training.freezing import untrained
from lfsc.training.optimization import GanOptimizer


class ForwardPass(NamedTuple):
    """Audio [B,T], what the codec makes of it, and what the discriminators see of both."""

    real: Tensor
    fake: Tensor
    views: DiscriminatorInputs | None  # None as long as the discriminators do not play


class CodecModule(LightningModule):
    """Codec and discriminators, trained in turns; every count of updates is of the generator's."""

    def __init__(
        self,
        *,
        config: dict[str, Any],
        codec: Codec,
        discriminators: Ensemble,
        reconstruction_losses: NamedLosses,
        adversarial_losses: NamedLosses,
        discriminator_loss: nn.Module,
        generator_optimizer: GanOptimizer,
        discriminator_optimizer: GanOptimizer,
        discriminator_update_period: int,
        updates_per_epoch: int,
        discriminators_start_at: int = 0,
        num_micro_batches: int = 1,
        activation_checkpointing: bool = False,
        warmup_updates: int = 0,
    ):
        super().__init__()
        self.automatic_optimization = False
        self.config = config
        self.codec = codec
        self.discriminators = discriminators
        self.reconstruction_losses = reconstruction_losses
        self.adversarial_losses = adversarial_losses
        self.discriminator_loss = discriminator_loss
        self.weights = reconstruction_losses.weights | adversarial_losses.weights | {"discriminator": 1.0}
        self.players = {"generator": generator_optimizer, "discriminators": discriminator_optimizer}
        self.discriminator_update_period = discriminator_update_period
        self.updates_per_epoch = updates_per_epoch
        self.discriminators_start_at = discriminators_start_at
        self.num_micro_batches = num_micro_batches
        self.activation_checkpointing = activation_checkpointing
        self.updates = 0
        self.warmup = DiscriminatorWarmup(updates=warmup_updates)
        # The player whose gradients the next backward completes, for who has to reduce them over ranks.
        self.completing: str | None = None
        # What callbacks read and add to: the last update's tensors, what was measured around it, the last validation,
        # the last row of the log.
        self.scalars: dict[str, Tensor] = {}
        self.measured: dict[str, float] = {}
        self.validation: dict[str, float] = {}
        self.validated_at = -1
        self.recorded: dict[str, float] = {}
        self.recorded_at = -1

    @property
    def discriminators_started(self) -> bool:
        """Whether there are adversarial losses yet; a warm-up of the discriminators comes before all updates."""
        return self.updates >= self.discriminators_start_at or self.warmup.remains

    @property
    def is_discriminator_step(self) -> bool:
        return self.discriminators_started and self.updates % self.discriminator_update_period == 0

    @property
    def networks(self) -> dict[str, nn.Module]:
        return {"generator": self.codec, "discriminators": self.discriminators}

    def training_step(self, batch, batch_idx: int) -> None:
        pieces = Pieces(batch.audio, count=self.num_micro_batches, compare=self.compare)
        if self.is_discriminator_step:
            self.update("discriminators", map(self.discriminator_losses, pieces.without_graphs()))
        if self.warmup.takes():
            return
        with untrained(self.discriminators):
            self.update("generator", map(self.generator_losses, pieces))
        self.updates += 1
        self.decay_learning_rates()

    def compare(self, real: Tensor) -> ForwardPass:
        return self.comparison(real, self.reconstruct(real))

    def comparison(self, real: Tensor, fake: Tensor) -> ForwardPass:
        return ForwardPass(real, fake, self.discriminators.views(real, fake) if self.discriminators_started else None)

    def reconstruct(self, real: Tensor) -> Tensor:
        if not self.activation_checkpointing:
            return self.codec(real).audio
        # What its layers keep for backward is made anew there, when what the judges keep is gone.
        return checkpoint(self.codec, real, use_reentrant=False, preserve_rng_state=False).audio

    def discriminator_losses(self, compared: ForwardPass) -> dict[str, Tensor]:
        """The discriminators' loss, and beside it their score_statistics."""
        # Detached: this turn trains the judges and must not reach the codec.
        views = compared.views.detached()
        # In one batch they would take a CPU no less time (benchmarks/README.md).
        with parametrize.cached():
            real, fake = self.discriminators(views.real), self.discriminators(views.fake)
        loss = {"discriminator": self.discriminator_loss(fake, real)}
        return loss | score_statistics(self.discriminators.names, real, fake)

    def generator_losses(self, compared: ForwardPass) -> dict[str, Tensor]:
        losses = self.reconstruction_losses(compared.fake, compared.real)
        if compared.views is None:
            return losses
        # No graph is kept for the real side.
        with parametrize.cached():
            with torch.no_grad():
                judged_real = self.discriminators(compared.views.real)
            judged_fake = self.discriminators(compared.views.fake)
        return losses | self.adversarial_losses(judged_fake, judged_real)

    def update(self, player: str, pieces: Iterable[dict[str, Tensor]]) -> None:
        """One step of a player's optimiser down the weighted sum of its losses, averaged over the batch's pieces."""
        optimizer = self.optimizers(use_pl_optimizer=False)[list(self.players).index(player)]
        optimizer.zero_grad()
        means: dict[str, Tensor] = {}
        for number, values in enumerate(pieces, start=1):
            loss = sum(weight * values[name] for name, weight in self.weights.items() if name in values)
            self.completing = player if number == self.num_micro_batches else None
            # Autocast is for the forward pass alone: inside it, gradients of float32 products would be half precision.
            with torch.autocast(self.device.type, enabled=False):
                self.manual_backward(self.players[player].scaled(loss / self.num_micro_batches))
            means = {name: means.get(name, 0) + value.detach() / self.num_micro_batches for name, value in values.items()}
        norm = self.players[player].step(optimizer)
        self.scalars |= means | {f"grad_norm_{player}": norm}

    def decay_learning_rates(self) -> None:
        if self.updates % self.updates_per_epoch == 0:
            for scheduler in self.lr_schedulers():
                scheduler.step()

    def validation_step(self, batch, batch_idx: int):
        """What comes back of a batch, with its tokens; callbacks measure it and listen to it."""
        encoded = self.codec.encode(batch.audio, batch.lengths)
        decoded = self.codec.decode(*encoded)
        # As long as it came: the last frame may reach beyond the batch, and the last clip end before it.
        missing = batch.audio.shape[-1] - decoded.audio.shape[-1]
        return Reconstructed(nn.functional.pad(decoded.audio, (0, missing)), encoded.tokens)

    def losses(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """Every loss of both players on audio that is not trained on."""
        compared = self.comparison(real, fake)
        values = self.generator_losses(compared)
        if compared.views is not None:
            values |= self.discriminator_losses(compared)
        return {name: values[name] for name in self.weights if name in values}

    def configure_optimizers(self) -> tuple[list, list]:
        trained = (parameter for parameter in self.codec.parameters() if parameter.requires_grad)
        generator = self.players["generator"].optimizer(trained)
        discriminators = self.players["discriminators"].optimizer(self.discriminators.parameters())
        optimizers = [generator, discriminators]
        schedulers = [player.schedule(opt) for player, opt in zip(self.players.values(), optimizers, strict=True)]
        return optimizers, schedulers

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["updates"] = self.updates
        checkpoint["warmup"] = self.warmup.state_dict()
        checkpoint["config"] = self.config
        checkpoint["players"] = {name: player.state_dict() for name, player in self.players.items()}
        # The next row of the log may repeat them: the discriminators' losses stand until their next turn.
        checkpoint["scalars"] = {name: float(value) for name, value in self.scalars.items()}
        checkpoint["measured"] = dict(self.measured)
        # Lightning's own counts of steps and batches mean nothing here: `updates` and the loader's state say it all.
        del checkpoint["loops"]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.updates = checkpoint["updates"]
        self.warmup.load_state_dict(checkpoint.get("warmup", {"updates": 0, "done": 0}))
        for name, player in self.players.items():
            player.load_state_dict(checkpoint["players"][name])
        self.scalars = {name: torch.tensor(value) for name, value in checkpoint["scalars"].items()}
        self.measured = dict(checkpoint["measured"])
