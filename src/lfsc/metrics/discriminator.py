"""What the judges think, in numbers that people read."""

from collections.abc import Sequence

from torch import Tensor

from lfsc.discriminators.ensemble import DiscriminatorOutput


def score_statistics(names: Sequence[str], real: Sequence[DiscriminatorOutput], fake: Sequence[DiscriminatorOutput]) -> dict[str, Tensor]:
    """Each judge's mean score of real and of fake audio, and the share of scores that are on the right side of ½."""
    told = {}
    for name, of_real, of_fake in zip(names, real, fake, strict=True):
        scored_real, scored_fake = of_real.score.detach().float(), of_fake.score.detach().float()
        told[f"discriminator/{name}/score_real"] = scored_real.mean()
        told[f"discriminator/{name}/score_fake"] = scored_fake.mean()
        told[f"discriminator/{name}/accuracy"] = ((scored_real > 0.5).float().mean() + (scored_fake < 0.5).float().mean()) / 2
    return told
