"""Least-squares GAN losses (arXiv 1611.04076) and feature matching, over the outputs of all discriminators."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn, stack
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from lfsc.discriminators.ensemble import DiscriminatorOutput


class AdversarialLoss(nn.Module):
    """The mean over discriminators of mean (1 − score of fake)²."""

    def forward(self, fake: list[DiscriminatorOutput], real: list[DiscriminatorOutput]) -> Tensor:
        return stack([(1 - output.score.float()).square().mean() for output in fake]).mean()


class FeatureLoss(nn.Module):
    """The mean over discriminators of the mean over their feature maps of mean |fake − real|."""

    def __init__(self):
        super().__init__()
        self.distance: Callable[[Tensor, Tensor], Tensor] = MeanDistance.apply

    def forward(self, fake: list[DiscriminatorOutput], real: list[DiscriminatorOutput]) -> Tensor:
        return stack([self.of_one(*outputs) for outputs in zip(fake, real, strict=True)]).mean()

    def of_one(self, fake: DiscriminatorOutput, real: DiscriminatorOutput) -> Tensor:
        pairs = zip(fake.feature_maps, real.feature_maps, strict=True)
        return stack([self.distance(*pair) for pair in pairs]).mean()


class MeanDistance(Function):
    """Mean |fake − real| in float32 of maps of one shape, with a gradient to `fake` only.

    In half precision it reads and writes 42 bytes of memory an element where a chain of torch's operations takes 58.
    """

    @staticmethod
    def forward(ctx: Any, fake: Tensor, real: Tensor) -> Tensor:
        ctx.save_for_backward(fake, real)
        # One of them in float32 makes it the other on the way; what is saved is not the difference.
        return (fake - real.float()).abs_().mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        fake, real = ctx.saved_tensors
        # The difference of two halves is rounded, but never to zero or across it.
        return (fake - real).sgn_().mul_(gradient / fake.numel()), None


class DiscriminatorLoss(nn.Module):
    """The mean over discriminators of (mean (1 − score of real)² + mean (score of fake)²) / 2."""

    def forward(self, fake: list[DiscriminatorOutput], real: list[DiscriminatorOutput]) -> Tensor:
        return stack(
            [
                ((1 - of_real.score.float()).square().mean() + of_fake.score.float().square().mean()) / 2
                for of_fake, of_real in zip(fake, real, strict=True)
            ]
        ).mean()
