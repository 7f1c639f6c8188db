"""What a convolution sees beyond the ends of a clip."""

import torch
from torch import Tensor, arange

from lfsc.nn.reflection import reflect

MODES = ("reflect", "replicate", "zeros")


def pad_steps(x: Tensor, pad: int, mode: str, length: Tensor | None = None) -> Tensor:
    """x [B,C,T] continued by `pad` steps at both ends; with `length` [B], every clip at its own end.

    What lies further beyond a shorter clip's end stays as it is: nothing that is kept of the clip sees it.
    """
    # The common case has a faster way to the same.
    whole = reflect(x, pad) if mode == "reflect" else torch.cat((before(x, pad, mode), x, after(x, pad, mode)), -1)
    if length is None:
        return whole
    step = arange(pad, device=x.device)
    last = length[:, None] - 1
    target = (pad + last + 1 + step)[:, None].expand(-1, x.shape[1], -1)
    if mode == "zeros":
        return whole.scatter(2, target, 0)
    source = last - 1 - step if mode == "reflect" else last.expand(-1, pad)
    return whole.scatter(2, target, x.gather(2, source[:, None].expand(-1, x.shape[1], -1)))


def before(x: Tensor, pad: int, mode: str) -> Tensor:
    """The `pad` steps that x [B,C,T] follows."""
    if mode == "reflect":
        return x[..., 1 : pad + 1].flip(-1)
    return x[..., :1].expand(-1, -1, pad) if mode == "replicate" else silence(x, pad)


def after(x: Tensor, pad: int, mode: str) -> Tensor:
    """The `pad` steps that follow x [B,C,T]."""
    if mode == "reflect":
        return x[..., -pad - 1 : -1].flip(-1)
    return x[..., -1:].expand(-1, -1, pad) if mode == "replicate" else silence(x, pad)


def silence(x: Tensor, pad: int) -> Tensor:
    return x.new_zeros(*x.shape[:-1], pad)


def copied_steps(pad: int, mode: str) -> int:
    """The steps beside the outermost one that padding copies; a clip must be longer."""
    return pad if mode == "reflect" else 0
