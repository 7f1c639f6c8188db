"""Named losses and what each weighs."""

from typing import Any

from torch import Tensor, nn


class NamedLosses(nn.Module):
    """Losses that hear the same evidence; `losses` maps a name to {"weight": …, "loss": …}."""

    def __init__(self, losses: dict[str, Any]):
        super().__init__()
        self.weights = {name: float(entry["weight"]) for name, entry in losses.items()}
        self.losses = nn.ModuleDict({name: entry["loss"] for name, entry in losses.items()})

    def forward(self, *evidence) -> dict[str, Tensor]:
        """Each loss by its name, unweighted."""
        return {name: loss(*evidence) for name, loss in self.losses.items()}
