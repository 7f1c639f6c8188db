"""Least-squares GAN losses (arXiv 1611.04076) and feature matching, over the outputs of all discriminators."""

from torch import Tensor, nn, stack

from lfsc.discriminators.ensemble import DiscriminatorOutput


class AdversarialLoss(nn.Module):
    """How far the fakes are from passing as real: the mean over discriminators of mean (1 − score)²."""

    def forward(self, fake: list[DiscriminatorOutput], real: list[DiscriminatorOutput]) -> Tensor:
        return stack([(1 - output.score.float()).square().mean() for output in fake]).mean()


class FeatureLoss(nn.Module):
    """The mean over discriminators of the mean over their feature maps of mean |fake − real|."""

    def forward(self, fake: list[DiscriminatorOutput], real: list[DiscriminatorOutput]) -> Tensor:
        return stack([distance(*outputs) for outputs in zip(fake, real, strict=True)]).mean()


def distance(fake: DiscriminatorOutput, real: DiscriminatorOutput) -> Tensor:
    pairs = zip(fake.feature_maps, real.feature_maps, strict=True)
    return stack([(f.float() - r.float()).abs().mean() for f, r in pairs]).mean()


class DiscriminatorLoss(nn.Module):
    """How far the discriminators are from scoring real 1 and fake 0: the mean of half the summed squares' means."""

    def forward(self, fake: list[DiscriminatorOutput], real: list[DiscriminatorOutput]) -> Tensor:
        return stack(
            [
                ((1 - of_real.score.float()).square().mean() + of_fake.score.float().square().mean()) / 2
                for of_fake, of_real in zip(fake, real, strict=True)
            ]
        ).mean()
