"""The convolutions of the discriminators: weight-normed and reflecting."""

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.parametrize import register_parametrization

from lfsc.nn.autocast import is_under_autocast
from lfsc.nn.reflection import reflect

Layer = TypeVar("Layer", bound=nn.Module)


class AutocastWeight(nn.Module):
    """A weight in what autocast computes in.

    Autocast keeps its casts of parameters only. As a part of a parametrization this one is kept with the normed
    weight, for all that pass it in a step (`parametrize.cached`).
    """

    def forward(self, weight: Tensor) -> Tensor:
        return weight.to(torch.get_autocast_dtype(weight.device.type)) if is_under_autocast(weight) else weight

    def right_inverse(self, weight: Tensor) -> Tensor:
        return weight


def normed(layer: Layer) -> Layer:
    """The layer itself, with a weight-normed weight that is cast with the norm."""
    weight_norm(layer)
    register_parametrization(layer, "weight", AutocastWeight())
    return layer


def apply_in_turn(convs: nn.ModuleList, activation: nn.Module, x: Tensor) -> list[Tensor]:
    """The feature maps of a network: what each convolution makes of the one before, activated."""
    feature_maps = []
    for conv in convs:
        x = activation(conv(x))
        feature_maps.append(x)
    return feature_maps


class ReflectConv2d(nn.Conv2d):
    """A convolution over [B,C,frames,bins] that is reflected at all four ends."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: tuple[int, int] = (1, 1),
    ):
        super().__init__(in_channels, out_channels, kernel_size, stride=stride, dilation=dilation)
        self.pads = [step * (size // 2) for size, step in zip(kernel_size, dilation, strict=True)]
        normed(self)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(reflect(x, *self.pads))


class PeriodConv(nn.Conv2d):
    """A convolution along the time of [B,C,period,T], every row by itself and reflected at its ends."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, *, stride: int):
        # The weight lies as for [B,C,T,period]: in checkpoints, NeMo's as well, it is [out,in,kernel,1].
        super().__init__(in_channels, out_channels, (kernel_size, 1), stride=(stride, 1))
        normed(self)

    def forward(self, x: Tensor) -> Tensor:
        padded = reflect(x, self.kernel_size[0] // 2)
        return F.conv2d(padded, self.weight.mT, self.bias, stride=(1, self.stride[0]))
