"""Weight norm folded into plain weights, where nothing trains any more."""

from torch import nn
from torch.nn.utils import parametrize


def fold_weights(module: nn.Module) -> None:
    """Make every parametrized weight within `module` what it is at this moment; it is then no longer normed."""
    for layer in module.modules():
        if parametrize.is_parametrized(layer, "weight"):
            weight = nn.Parameter(layer.weight.detach(), requires_grad=layer.bias.requires_grad)
            parametrize.remove_parametrizations(layer, "weight")
            # Replaced, because torch leaves a buffer where the weight took no gradient.
            del layer.weight
            layer.weight = weight


def is_folded(module: nn.Module) -> bool:
    """Whether no weight within `module` is normed."""
    return not any(parametrize.is_parametrized(layer, "weight") for layer in module.modules())
