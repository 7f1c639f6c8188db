"""torch's convolutions, with gradients by ways that take a CPU a half to a quarter of the time.

The results of the forward pass are torch's to the last bit, but where it is wrong (half_precision.py); gradients differ
from its in rounding.
"""

from typing import Any

import torch
from torch import Tensor
from torch.amp import custom_bwd, custom_fwd
from torch.autograd import Function
from torch.nn import functional as F

from lfsc.cpu.half_precision import is_miscomputed, result_dtype
from lfsc.cpu.products import overlap_add

# oneDNN falls back to slow kernels where a dilated kernel spans more steps than this, and fewer channels than those of
# the widest layers make up for it.
LONG_SPAN, MOST_CHANNELS = 18, 256
# From this stride on kernels are large and frames few: laying weights out anew costs more than the products.
LARGE_STRIDE = 8

backward_of = torch.ops.aten.convolution_backward.default


def convolve(x: Tensor, weight: Tensor, bias: Tensor, *, stride: int, dilation: int) -> Tensor:
    """F.conv1d without padding or groups, of x [B,C,T]."""
    if is_miscomputed(weight, dtype := result_dtype(x)):
        with torch.autocast("cpu", enabled=False):
            return convolve(x.float(), weight.float(), bias.float(), stride=stride, dilation=dilation).to(dtype)
    span = dilation * (weight.shape[-1] - 1)
    if learning_on_cpu(x, weight) and dilation > 1 and span >= LONG_SPAN and weight.shape[1] <= MOST_CHANNELS:
        return Dilated.apply(*as_autocast(x, weight, bias), dilation)
    if learning_on_cpu(x, weight) and stride >= LARGE_STRIDE and weight.shape[-1] == 2 * stride:
        return Downsampled.apply(*as_autocast(x, weight, bias))
    return F.conv1d(x, weight, bias, stride, 0, dilation)


def upsample(x: Tensor, weight: Tensor, bias: Tensor, *, padding: int, output_padding: int, groups: int) -> Tensor:
    """F.conv_transpose1d of x [B,C,T], with a stride of half the kernel."""
    stride = weight.shape[-1] // 2
    # torch takes the gradient of x by a convolution with this weight, of as many channels as there are outputs.
    needs_products = is_miscomputed(weight, result_dtype(x)) or (stride >= LARGE_STRIDE and output_padding == 0)
    if learning_on_cpu(x, weight) and groups == 1 and needs_products:
        return Upsampled.apply(*as_autocast(x, weight, bias), padding, output_padding)
    return F.conv_transpose1d(x, weight, bias, stride, padding, output_padding, groups)


def learning_on_cpu(x: Tensor, weight: Tensor) -> bool:
    return x.device.type == "cpu" and torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad)


def as_autocast(*tensors: Tensor) -> list[Tensor]:
    """The tensors as autocast would hand them to a convolution."""
    if not torch.is_autocast_enabled("cpu"):
        return list(tensors)
    return [tensor.to(torch.get_autocast_dtype("cpu")) for tensor in tensors]


class Dilated(Function):
    """A dilated convolution whose gradient is taken with channels together in memory."""

    @staticmethod
    @custom_fwd(device_type="cpu")
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, dilation: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.dilation = dilation
        return F.conv1d(x, weight, bias, dilation=dilation)

    @staticmethod
    @custom_bwd(device_type="cpu")
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = (saved[:, :, None] for saved in ctx.saved_tensors)
        gradient, x = (t.contiguous(memory_format=torch.channels_last) for t in (gradient[:, :, None], x))
        settings = ([1, 1], [0, 0], [1, ctx.dilation], False, [0, 0], 1)
        wanted = list(ctx.needs_input_grad[:3])
        of_x, of_weight, of_bias = backward_of(gradient, x, weight, [len(weight)], *settings, wanted)
        of_x = None if of_x is None else of_x[:, :, 0].contiguous()
        return of_x, None if of_weight is None else of_weight[:, :, 0], of_bias, None


class Downsampled(Function):
    """A convolution of half its kernel's stride, whose gradient is two matrix products."""

    @staticmethod
    @custom_fwd(device_type="cpu")
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv1d(x, weight, bias, weight.shape[-1] // 2)

    @staticmethod
    @custom_bwd(device_type="cpu")
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        rows, of_x, of_weight = gradient.mT.flatten(0, 1), None, None
        if ctx.needs_input_grad[0]:
            of_pieces = (rows @ weight.flatten(1)).unflatten(0, (len(x), -1))
            of_x = overlap_add(of_pieces.unflatten(-1, weight.shape[1:]).transpose(1, 2))
            of_x = F.pad(of_x, (0, x.shape[-1] - of_x.shape[-1]))
        if ctx.needs_input_grad[1]:
            of_weight = (rows.T @ unfold_overlapping(x, weight.shape[-1])).view_as(weight)
        return of_x, of_weight, gradient.sum((0, 2))


class Upsampled(Function):
    """A transposed convolution of half its kernel's stride, whose gradient is two matrix products."""

    @staticmethod
    @custom_fwd(device_type="cpu")
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: int, output_padding: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.padding = padding
        return F.conv_transpose1d(x, weight, bias, weight.shape[-1] // 2, padding, output_padding)

    @staticmethod
    @custom_bwd(device_type="cpu")
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        # The steps that output padding has added come after the last piece.
        seen = unfold_overlapping(F.pad(gradient, (ctx.padding, ctx.padding)), weight.shape[-1])
        of_x = (seen @ weight.flatten(1).T).unflatten(0, (len(x), -1)).mT if ctx.needs_input_grad[0] else None
        of_weight = (x.mT.flatten(0, 1).T @ seen).view_as(weight) if ctx.needs_input_grad[1] else None
        return of_x, of_weight, gradient.sum((0, 2)), None, None


def unfold_overlapping(x: Tensor, size: int) -> Tensor:
    """The pieces of x [B,C,T] that begin every `size`/2 steps, each a row: [B·pieces, C·size]."""
    return x.unfold(-1, size, size // 2).transpose(1, 2).flatten(2).flatten(0, 1)
