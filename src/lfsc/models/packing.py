"""Convolutions as fast as a CPU does them: weights in its own layout, and channels together in memory."""

import torch
from torch import Tensor, nn

from lfsc.models.codec import Codec
from lfsc.models.layers import PaddedConv1d

# Of an input, by which oneDNN chooses the layout; it fits shorter and longer ones. Without it bfloat16 takes 20 times
# as long in some layers.
TYPICAL_STEPS = 2048


def pack(codec: Codec) -> Codec:
    """The codec itself, folded before, to run on this CPU and no longer to train, to move or to save.

    The convolutions add in another order, so that results differ in the last bits of float32 from those of a codec
    that is not packed, and a token in some ten thousand may. As it is where torch has no kernels for this CPU.
    """
    if codec.device.type == "cpu" and torch.backends.mkldnn.is_available() and supported(codec.dtype):
        for module in list(codec.modules()):
            for name, layer in module.named_children():
                if type(layer) is PaddedConv1d and layer.in_channels > 1:
                    setattr(module, name, PackedConv1d(layer))
    return codec


def supported(dtype: torch.dtype) -> bool:
    return dtype == torch.float32 or (dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported())


class PackedConv1d(PaddedConv1d):
    """The same convolution with its weight in the layout that oneDNN's kernels read."""

    def __init__(self, layer: PaddedConv1d):
        nn.Module.__init__(self)
        for name in ("in_channels", "out_channels", "kernel_size", "stride", "dilation", "pad", "pad_mode"):
            setattr(self, name, getattr(layer, name))
        self.bias = layer.bias
        # As of a two-dimensional convolution of height 1: there are no others that keep the layout of their input.
        self.shape = ([0, 0], [1, *self.stride], [1, *self.dilation], 1)
        weight = layer.weight.detach()[:, :, None]
        size = [1, layer.in_channels, 1, TYPICAL_STEPS]
        self.weight = torch.ops.mkldnn._reorder_convolution_weight(weight, *self.shape, size)

    def convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        # Behind another packed layer there is nothing to rearrange.
        x = x.mT.contiguous().mT[:, :, None]
        return torch.ops.mkldnn._convolution_pointwise(x, weight, self.bias, *self.shape, "none", [], "")[:, :, 0]
