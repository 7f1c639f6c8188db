"""The training step: codec against discriminators."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerConfig
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.utils.checkpoint import checkpoint

from lfsc.discriminators.ensemble import DiscriminatorInputs, Ensemble
from lfsc.distributed import sum_over_ranks
from lfsc.losses.named import NamedLosses, require_gradient
from lfsc.metrics.discriminator import score_statistics
from lfsc.models.codec import Codec, Reconstructed
from lfsc.training.checkpoint_kinds import require_weights
from lfsc.training.discriminator_warmup import DiscriminatorWarmup
from lfsc.training.freezing import frozen_parameters
from lfsc.training.optimization import GanOptimizer


class ForwardPass(NamedTuple):
    """Audio [B,T], what the codec makes of it, and both as the discriminators take them in."""

    real: Tensor
    fake: Tensor
    inputs: DiscriminatorInputs | None  # None before the discriminators start


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
        self.loss_weights = reconstruction_losses.weights | adversarial_losses.weights | {"discriminator": 1.0}
        self.gan_optimizers = {"generator": generator_optimizer, "discriminators": discriminator_optimizer}
        self.discriminator_update_period = discriminator_update_period
        self.discriminators_start_at = discriminators_start_at
        self.num_micro_batches = num_micro_batches
        self.activation_checkpointing = activation_checkpointing
        self.run_update: Callable[[Tensor], None] = self.train_networks  # CUDA graphs stand in for it
        self.updates = 0
        self.warmup = DiscriminatorWarmup(updates=warmup_updates)
        self.learnt_from: set[str] = set()  # the losses that had a gradient
        # The network whose gradients the next backward completes: GanDDPStrategy then reduces them over ranks.
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
    def networks(self) -> dict[str, nn.Module]:
        return {"generator": self.codec, "discriminators": self.discriminators}

    @property
    def discriminators_started(self) -> bool:
        """Whether there are adversarial losses yet; a warm-up of the discriminators comes before all updates."""
        return self.updates >= self.discriminators_start_at or self.warmup.remains

    @property
    def is_discriminator_step(self) -> bool:
        return self.discriminators_started and self.updates % self.discriminator_update_period == 0

    def training_step(self, batch, batch_idx: int) -> None:
        self.run_update(batch.audio)
        if self.warmup.count_update():
            return
        self.forget_adversarial()
        for schedule in self.schedules:
            schedule.step()
        self.updates += 1

    def train_networks(self, audio: Tensor) -> None:
        """Steps of both networks on audio [B,T]: what a device does of an update."""
        micro_batches = audio.chunk(self.num_micro_batches)
        # A batch in one part passes the codec once for both steps. Several pass it anew in each step, one after the
        # other, so that only the graph of one is in memory.
        is_whole = len(micro_batches) == 1
        shared = self.forward_pass(audio, trains_codec=not self.warmup.remains) if is_whole else None

        if self.is_discriminator_step:
            self.torch_optimizer("discriminators").zero_grad()
            for number, real in enumerate(micro_batches, start=1):
                losses = self.discriminator_losses(shared or self.forward_pass(real, trains_codec=False))
                self.accumulate_gradient("discriminators", losses, number=number)
            self.warmup.hold_others(self.discriminators)
            self.step("discriminators")
        if self.warmup.remains:
            return

        self.torch_optimizer("generator").zero_grad()
        with frozen_parameters(self.discriminators):
            for number, real in enumerate(micro_batches, start=1):
                losses = self.generator_losses(shared or self.forward_pass(real, trains_codec=True))
                self.accumulate_gradient("generator", losses, number=number)
        self.step("generator")

    def forward_pass(self, real: Tensor, *, trains_codec: bool) -> ForwardPass:
        # Without a graph where only the discriminators learn.
        with torch.set_grad_enabled(trains_codec):
            return self.transform(real, self.reconstruct(real))

    def reconstruct(self, real: Tensor) -> Tensor:
        if not self.activation_checkpointing:
            return self.codec(real).audio
        # The codec's activations are computed anew in its backward, when those of the discriminators are gone; with the
        # same random numbers, if it draws some. While a CUDA graph is captured, nobody may ask for their state.
        keeps_rng = not self.config["cuda_graphs"]
        return checkpoint(self.codec, real, use_reentrant=False, preserve_rng_state=keeps_rng).audio

    def transform(self, real: Tensor, fake: Tensor) -> ForwardPass:
        inputs = self.discriminators.transform(real, fake) if self.discriminators_started else None
        return ForwardPass(real, fake, inputs)

    def discriminator_losses(self, forward_pass: ForwardPass) -> dict[str, Tensor]:
        """The discriminators' loss, and the statistics of their scores."""
        assert forward_pass.inputs is not None  # the discriminators have started
        # Detached: this step trains the discriminators and must not reach the codec.
        inputs = forward_pass.inputs.detach()
        # In one batch they would take a CPU no less time (docs/performance.md).
        with parametrize.cached():
            real, fake = self.discriminators(inputs.real), self.discriminators(inputs.fake)
        loss = {"discriminator": self.discriminator_loss(fake, real)}
        return loss | score_statistics(self.discriminators.names, real, fake)

    def generator_losses(self, forward_pass: ForwardPass) -> dict[str, Tensor]:
        """The reconstruction losses and, once the discriminators have started, the adversarial ones."""
        losses = self.reconstruction_losses(forward_pass.fake, forward_pass.real)
        if forward_pass.inputs is None:
            return losses
        with parametrize.cached():
            # No graph is kept for the real side.
            with torch.no_grad():
                real = self.discriminators(forward_pass.inputs.real)
            fake = self.discriminators(forward_pass.inputs.fake)
        return losses | self.adversarial_losses(fake, real)

    def accumulate_gradient(self, network: str, losses: dict[str, Tensor], *, number: int) -> None:
        """Add the gradient of the weighted losses of a micro-batch, the first of which is `number` 1.

        `scalars` get the means over micro-batches.
        """
        self.completing = network if number == self.num_micro_batches else None
        # Autocast is for the forward pass only: inside it, gradients of float32 products would be half precision.
        with torch.autocast(self.device.type, enabled=False):
            loss = self.weighted_sum(losses) / self.num_micro_batches
            self.manual_backward(self.gan_optimizers[network].scale(loss))
        for name, value in losses.items():
            before = self.scalars[name] if number > 1 else 0
            self.scalars[name] = before + value.detach() / self.num_micro_batches

    def weighted_sum(self, values: dict[str, Tensor]) -> Tensor:
        """The losses among `values`, each times its weight; ValueError for one that nothing would learn from."""
        weighted = {name: weight * values[name] for name, weight in self.loss_weights.items() if name in values}
        # When it first comes: later a loss may have its reasons for a constant.
        for name, loss in weighted.items():
            if name not in self.learnt_from:
                require_gradient(name, loss)
        self.learnt_from |= weighted.keys()
        first, *others = weighted.values()
        return sum(others, start=first)

    def step(self, network: str) -> None:
        norm = self.gan_optimizers[network].step(self.torch_optimizer(network))
        self.scalars[f"grad_norm/{network}"] = norm

    def torch_optimizer(self, network: str) -> torch.optim.Optimizer:
        optimizers = self.optimizers(use_pl_optimizer=False)
        assert isinstance(optimizers, list)  # of two
        return optimizers[list(self.gan_optimizers).index(network)]

    @property
    def schedules(self) -> list:
        """The schedules of the learning rates, for both networks counted in the generator's updates."""
        schedules = self.lr_schedulers() or []
        return schedules if isinstance(schedules, list) else [schedules]

    def validation_step(self, batch, batch_idx: int):
        """What comes back of a batch, with its tokens; callbacks measure it and listen to it."""
        encoded = self.codec.encode(batch.audio, batch.lengths)
        if (encoded.tokens < 0).any():
            raise ValueError(
                f"at update {self.updates}, latents of validation clips are not finite: the codec has diverged; "
                "take a lower optimizers.generator.lr, or its clip_norm, in a resume from before or in a new run"
            )
        decoded = self.codec.decode(*encoded)
        # As long as it came: the last frame may reach beyond the batch, and the last clip end before it.
        missing = batch.audio.shape[-1] - decoded.audio.shape[-1]
        return Reconstructed(nn.functional.pad(decoded.audio, (0, missing)), encoded.tokens)

    def losses(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """Every loss of both networks on audio that is not trained on."""
        values, inputs = self.reconstruction_losses(fake, real), self.transform(real, fake).inputs
        if inputs is not None:
            # One pass for both networks' losses, as neither of them steps.
            with parametrize.cached():
                of_real, of_fake = self.discriminators(inputs.real), self.discriminators(inputs.fake)
            values |= self.adversarial_losses(of_fake, of_real)
            values["discriminator"] = self.discriminator_loss(of_fake, of_real)
        return values

    def is_adversarial(self, name: str) -> bool:
        """Whether a scalar is there only where the discriminators have started."""
        return name.split("/")[-1] in self.adversarial_losses.weights or "discriminator" in name

    def forget_adversarial(self) -> None:
        """Repeat no values of discriminators that have not started: a warm-up's, or of an earlier start."""
        if not self.discriminators_started:
            self.scalars = {name: value for name, value in self.scalars.items() if not self.is_adversarial(name)}

    def mean_scalars(self) -> dict[str, float]:
        """The last update's scalars, averaged over ranks and read in one go; every rank must ask."""
        if not self.scalars:
            return {}
        values = torch.stack([value.to(self.device, torch.float64) for value in self.scalars.values()])
        means = (sum_over_ranks(values) / self.trainer.world_size).tolist()
        return dict(zip(self.scalars, means, strict=True))

    def configure_optimizers(self) -> list[OptimizerConfig]:
        generator, discriminators = self.gan_optimizers.values()
        return [
            generator.configure(parameter for parameter in self.codec.parameters() if parameter.requires_grad),
            discriminators.configure(self.discriminators.parameters()),
        ]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["updates"] = self.updates
        checkpoint["warmup"] = self.warmup.state_dict()
        checkpoint["config"] = self.config
        checkpoint["gan_optimizers"] = {name: each.state_dict() for name, each in self.gan_optimizers.items()}
        # The next row of the log may repeat them: the discriminators' losses stay until their next step.
        checkpoint["scalars"] = self.mean_scalars()
        checkpoint["measured"] = dict(self.measured)
        # Lightning's own counts of steps and batches mean nothing here: `updates` and the loader's state say it all.
        del checkpoint["loops"]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        require_weights(self.state_dict(), checkpoint["state_dict"])
        self.updates = checkpoint["updates"]
        self.warmup.load_state_dict(checkpoint["warmup"])
        for name, optimizer in self.gan_optimizers.items():
            optimizer.load_state_dict(checkpoint["gan_optimizers"][name])
        # As exact as the mean over ranks.
        scalars = checkpoint["scalars"].items()
        self.scalars = {name: torch.tensor(value, dtype=torch.float64) for name, value in scalars}
        self.forget_adversarial()
        self.measured = dict(checkpoint["measured"])
