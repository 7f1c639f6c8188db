"""Networks that look but never learn."""

import hashlib
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lfsc.nn.autocast import is_under_autocast


class Frozen(nn.Module):
    """A network in eval mode for ever: its parameters take no gradient and are in no optimiser and no state dict.

    It is kept out of the module tree, so that strict loading asks for nothing, and follows only moves and casts.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.held = (network.eval().requires_grad_(False),)
        for layer in network.modules():
            if type(layer) is nn.Linear:
                # Its parameters stay where they are.
                layer.__class__ = FrozenLinear

    def forward(self, *inputs):
        return self.held[0](*inputs)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its parameters and buffers, which never change."""
        digest = hashlib.sha256()
        for tensor in self.held[0].state_dict().values():
            digest.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
        return digest.hexdigest()

    def _apply(self, fn, recurse=True):
        self.held[0]._apply(fn, recurse)
        return super()._apply(fn, recurse)


class FrozenLinear(nn.Linear):
    """A linear layer that casts its weight once; autocast, which keeps only what learns, would in every pass."""

    cast: tuple[int, Tensor, Tensor | None] | None = None  # of which version of the weight, and what autocast takes

    def forward(self, x: Tensor) -> Tensor:
        if not is_under_autocast(self.weight):
            return super().forward(x)
        dtype, version = torch.get_autocast_dtype(self.weight.device.type), self.weight._version
        if self.cast is None or (self.cast[0], self.cast[1].dtype) != (version, dtype):
            self.cast = version, self.weight.to(dtype), None if self.bias is None else self.bias.to(dtype)
        return F.linear(x, *self.cast[1:])

    def _apply(self, fn, recurse=True):
        self.cast = None
        return super()._apply(fn, recurse)
