"""All discriminators together: what they see of real and fake audio, and what they think of it."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, cat, nn


class Judgement(NamedTuple):
    """What one judge says of a batch."""

    score: Tensor  # towards 1 real, towards 0 fake; a map over the view
    features: list[Tensor]

    def split(self, clips: int) -> tuple["Judgement", "Judgement"]:
        """What it says of the first `clips`, and of the others."""
        first = Judgement(self.score[:clips], [feature[:clips] for feature in self.features])
        return first, Judgement(self.score[clips:], [feature[clips:] for feature in self.features])


class Judgements(NamedTuple):
    """What every judge says of the same clips, real and fake."""

    real: list[Judgement]
    fake: list[Judgement]


class Views(NamedTuple):
    """What every discriminator sees of the same clips, real and fake."""

    real: list[Tensor]
    fake: list[Tensor]

    def detached(self) -> "Views":
        return Views(self.real, [view.detach() for view in self.fake])


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

    def views(self, real: Tensor, fake: Tensor) -> Views:
        """Views of audio [B,T]: of `real` without a graph, of `fake` with one back to the codec."""
        with torch.no_grad():
            # A view may be a piece of what it sees, and then have its gradient even here.
            seen = [member.view(real.detach()) for member in self.members()]
        return Views(seen, [member.view(fake) for member in self.members()])

    def forward(self, views: list[Tensor]) -> list[Judgement]:
        """Each member's judgement of its view."""
        return [member.judge(view) for member, view in zip(self.members(), views, strict=True)]

    def together(self, views: Views) -> Judgements:
        """Each member's judgements of real and of fake, heard in one batch; for a turn that trains the members.

        Their weights are then normed, cast and differentiated once. Sums over the batch differ in their last bits.
        """
        judged = self([cat(pair) for pair in zip(views.real, views.fake, strict=True)])
        clips = len(views.real[0])
        return Judgements(*map(list, zip(*(judgement.split(clips) for judgement in judged), strict=True)))
