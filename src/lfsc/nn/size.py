"""How large a network is."""

from torch import nn


def count_millions(module: nn.Module) -> float:
    """Millions of parameters."""
    return sum(parameter.numel() for parameter in module.parameters()) / 1e6
