"""All discriminators together: what they take in of real and fake audio, and what they give."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lfsc.nn.containers import ModuleDict, ModuleList


class DiscriminatorOutput(NamedTuple):
    """What one discriminator gives for a batch."""

    score: Tensor  # towards 1 real, towards 0 fake; a map over the transform of the audio
    feature_maps: list[Tensor]


class DiscriminatorInputs(NamedTuple):
    """What every discriminator's network takes in of the same clips, real and fake."""

    real: list[Tensor]
    fake: list[Tensor]

    def detach(self) -> "DiscriminatorInputs":
        return DiscriminatorInputs(self.real, [inputs.detach() for inputs in self.fake])


class Discriminator(nn.Module):
    """A transform of audio with nothing to train, and the network that scores it."""

    def __init__(self, *, transform: nn.Module, network: nn.Module):
        super().__init__()
        self.transform = transform
        self.network = network


class Ensemble(nn.Module):
    """Families of discriminators, by name; their order is that of the scores."""

    def __init__(self, **families: "ModuleList[Discriminator]"):
        super().__init__()
        if not families:
            raise ValueError("no discriminator: expected at least one family, as conf/discriminators/lfsc.yaml has")
        for name, family in families.items():
            if not (isinstance(family, nn.ModuleList) and all(isinstance(each, Discriminator) for each in family)):
                raise ValueError(
                    f"discriminators.{name} is a {type(family).__name__}: expected a torch.nn.ModuleList of "
                    "lfsc.discriminators.ensemble.Discriminator"
                )
        self.families = ModuleDict(families)

    @property
    def names(self) -> list[str]:
        return [f"{family}_{i}" for family, members in self.families.items() for i in range(len(members))]

    def members(self) -> Iterator[Discriminator]:
        for family in self.families.values():
            yield from family

    def transform(self, real: Tensor, fake: Tensor) -> DiscriminatorInputs:
        """The transforms of audio [B,T]: of `real` without a graph, of `fake` with one back to the codec."""
        with torch.no_grad():
            # A transform may return a part of its input, which then has a gradient even here.
            of_real = [member.transform(real.detach()) for member in self.members()]
        return DiscriminatorInputs(of_real, [member.transform(fake) for member in self.members()])

    def forward(self, inputs: list[Tensor]) -> list[DiscriminatorOutput]:
        """Each member's output for its transform of the audio."""
        return [member.network(transformed) for member, transformed in zip(self.members(), inputs, strict=True)]
