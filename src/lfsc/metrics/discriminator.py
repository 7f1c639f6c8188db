"""What the discriminators' scores say, in numbers that people read."""

from collections.abc import Sequence

from torch import Tensor

from lfsc.discriminators.ensemble import DiscriminatorOutput


def score_statistics(
    names: Sequence[str], real: Sequence[DiscriminatorOutput], fake: Sequence[DiscriminatorOutput]
) -> dict[str, Tensor]:
    """Each discriminator's mean score of real and of fake audio, and the fraction of scores on the right side of ½."""
    statistics = {}
    for name, of_real, of_fake in zip(names, real, fake, strict=True):
        score_real, score_fake = of_real.score.detach().float(), of_fake.score.detach().float()
        accuracy = ((score_real > 0.5).float().mean() + (score_fake < 0.5).float().mean()) / 2
        statistics[f"discriminator/{name}/score_real"] = score_real.mean()
        statistics[f"discriminator/{name}/score_fake"] = score_fake.mean()
        statistics[f"discriminator/{name}/accuracy"] = accuracy
    return statistics
