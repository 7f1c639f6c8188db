"""Networks, and parts of them, that take no gradient: for good, or for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from lfsc.models.codec import Codec


def freeze(codec: Codec, parts: list[str]) -> None:
    """Take gradients from parts of the codec, which then stay as they are: tokens, if the encoder is one of them."""
    learning = [name for name, part in codec.named_children() if any(True for _ in part.parameters())]
    for part in parts:
        if part not in learning:
            raise ValueError(f"freeze={parts}: the codec's parts that learn are {', '.join(learning)}")
        codec.get_submodule(part).requires_grad_(False)
    if not any(parameter.requires_grad for parameter in codec.parameters()):
        raise ValueError(f"freeze={parts} leaves nothing to train")


@contextmanager
def frozen_parameters(module: nn.Module) -> Iterator[None]:
    """Inside, gradients pass through `module` but none is computed for its parameters."""
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    set_requires_grad(learning, False)
    try:
        yield
    finally:
        set_requires_grad(learning, True)


def set_requires_grad(parameters: list[nn.Parameter], value: bool) -> None:
    for parameter in parameters:
        parameter.requires_grad_(value)
