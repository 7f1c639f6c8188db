"""All discriminators together: what they see of real and fake audio, and what they think of it."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn


class DiscriminatorOutput(NamedTuple):
    """What one judge says of a batch."""

    score: Tensor  # towards 1 real, towards 0 fake; a map over the view
    features: list[Tensor]


class DiscriminatorInputs(NamedTuple):
    """What every discriminator sees of the same clips, real and fake."""

    real: list[Tensor]
    fake: list[Tensor]

    def detached(self) -> "DiscriminatorInputs":
        return DiscriminatorInputs(self.real, [view.detach() for view in self.fake])


class Discriminator(nn.Module):
    """One view and its judge; the view has nothing to train."""

    def __init__(self, *, view: nn.Module, judge: nn.Module):
        super().__init__()
        self.view = view
        self.judge = judge


class Ensemble(nn.Module):
    """Families of discriminators, by name; their order is that of the scores."""

    def __init__(self, **families: nn.ModuleList):
        super().__init__()
        if not families:
            raise ValueError("no discriminator: expected at least one family, as conf/discriminators/lfsc.yaml has")
        self.families = nn.ModuleDict(families)

    @property
    def names(self) -> list[str]:
        return [f"{family}_{i}" for family, members in self.families.items() for i in range(len(members))]

    def members(self) -> Iterator[Discriminator]:
        for family in self.families.values():
            yield from family

    def views(self, real: Tensor, fake: Tensor) -> DiscriminatorInputs:
        """DiscriminatorInputs of audio [B,T]: of `real` without a graph, of `fake` with one back to the codec."""
        with torch.no_grad():
            # A view may be a piece of what it sees, and then have its gradient even here.
            seen = [member.view(real.detach()) for member in self.members()]
        return DiscriminatorInputs(seen, [member.view(fake) for member in self.members()])

    def forward(self, views: list[Tensor]) -> list[DiscriminatorOutput]:
        """Each member's judgement of its view."""
        return [member.judge(view) for member, view in zip(self.members(), views, strict=True)]
