"""Weight norm folded into plain weights, for codecs that no longer train."""

from torch import nn
from torch.nn.utils import parametrize

from lfsc.models.codec import Codec


def fold(codec: Codec, *, fingerprint: str) -> Codec:
    """The codec itself with weight norm folded; it carries its fingerprint, which folded weights cannot tell."""
    fold_weights(codec)
    codec.carried_fingerprint = fingerprint
    return codec


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
