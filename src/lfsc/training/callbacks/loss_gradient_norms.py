"""How hard each loss pulls at the generator."""

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor

from lfsc.training.freezing import frozen_parameters
from lfsc.training.module import CodecModule


class LossGradientNorms(Callback):
    """Every `every` updates, the norm of the gradient that each weighted loss sends into the codec through its audio.

    It costs a forward pass, and a backward pass through the discriminators a loss, beside the updates themselves.
    """

    def __init__(self, *, every: int):
        self.every = every

    def on_train_batch_start(self, trainer: Trainer, module: CodecModule, batch, batch_idx: int) -> None:
        if module.updates % self.every == 0 and not module.warmup.remains:
            with trainer.precision_plugin.train_step_context():
                norms = gradient_norms(module, batch.audio)
            module.scalars |= {f"grad_norm/loss/{name}": norm for name, norm in norms.items()}


def gradient_norms(module: CodecModule, real: Tensor) -> dict[str, Tensor]:
    """Of audio [B,T], one micro-batch after the other, as an update takes it."""
    parts = [gradients(module, part) for part in real.chunk(module.num_micro_batches)]
    return {name: torch.cat([part[name] for part in parts]).norm() / len(parts) for name in parts[0]}


def gradients(module: CodecModule, real: Tensor) -> dict[str, Tensor]:
    """The gradient [B,T] of each weighted loss with regard to what the codec makes of audio [B,T]."""
    with torch.no_grad():
        fake = module.codec(real).audio
    fake.requires_grad_(True)
    with frozen_parameters(module.discriminators):
        losses = module.generator_losses(module.transform(real, fake))
    # 1 but in float16, where gradients would be zeros without it.
    scale = module.gan_optimizers["generator"].scaler.scale(real.new_ones(()))
    with torch.autocast(real.device.type, enabled=False):
        return {
            name: torch.autograd.grad(scale * (module.loss_weights[name] * loss), fake, retain_graph=True)[0] / scale
            for name, loss in losses.items()
        }
