"""Networks that look but never learn."""

from torch import nn


class Frozen(nn.Module):
    """A network in eval mode for ever: its parameters take no gradient and are in no optimiser and no state dict.

    It is kept out of the module tree, so that strict loading asks for nothing, and follows only moves and casts.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.held = (network.eval().requires_grad_(False),)

    def forward(self, *inputs):
        return self.held[0](*inputs)

    def _apply(self, fn, recurse=True):
        self.held[0]._apply(fn, recurse)
        return super()._apply(fn, recurse)
