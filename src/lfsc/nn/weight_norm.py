"""Weight norm removed, where nothing trains any more."""

from typing import Any

from torch import nn
from torch.nn.utils import parametrize


def remove_weight_norm(module: nn.Module) -> None:
    """Make every parametrized weight within `module` what it is at this moment; it is then no longer normed."""
    layer: Any  # of a class that torch derives for it
    for layer in module.modules():
        if parametrize.is_parametrized(layer, "weight"):
            norm = layer.parametrizations.weight.original0
            weight = nn.Parameter(layer.weight.detach(), requires_grad=norm.requires_grad)
            parametrize.remove_parametrizations(layer, "weight")
            # Replaced, because torch leaves a buffer where the weight took no gradient.
            del layer.weight
            layer.weight = weight
