"""The convolutions of the discriminators: weight-normed and reflecting."""

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from lfsc.nn.reflection import reflect


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
        weight_norm(self)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(reflect(x, *self.pads))


class PeriodConv(nn.Conv2d):
    """A convolution along the time of [B,C,period,T], every row by itself and reflected at its ends."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, *, stride: int):
        # The weight lies as for [B,C,T,period]: in checkpoints, NeMo's as well, it is [out,in,kernel,1].
        super().__init__(in_channels, out_channels, (kernel_size, 1), stride=(stride, 1))
        weight_norm(self)

    def forward(self, x: Tensor) -> Tensor:
        padded = reflect(x, self.kernel_size[0] // 2)
        return F.conv2d(padded, self.weight.mT, self.bias, stride=(1, self.stride[0]))
