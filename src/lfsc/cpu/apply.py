"""The layers of a codec swapped for those that a CPU computes fast: models themselves know nothing of it."""

from typing import TypeVar

import torch
from torch import nn
from torch.nn.utils import parametrize

from lfsc.cpu.half_precision import is_miscomputed
from lfsc.cpu.layers import FastCausalConv1d, FastCausalUpsample, FastConv1d, FastUpsample
from lfsc.cpu.operators import are_usable
from lfsc.cpu.packing import (
    PackedCausalConv1d,
    PackedCausalUpsample,
    PackedConv1d,
    PackedUpsample,
    TiledCausalConv1d,
    TiledConv1d,
)
from lfsc.cpu.tiling import STEPS
from lfsc.models.causal_layers import CausalConv1d, CausalLayer, CausalUpsampleConv1d
from lfsc.models.codec import Codec
from lfsc.models.decoder import Decoder
from lfsc.models.encoder import Encoder
from lfsc.models.layers import PaddedConv1d, ResidualBlock, UpsampleConv1d

M = TypeVar("M", bound=nn.Module)

FAST = {
    PaddedConv1d: FastConv1d,
    CausalConv1d: FastCausalConv1d,
    UpsampleConv1d: FastUpsample,
    CausalUpsampleConv1d: FastCausalUpsample,
}
# Where tiles save time, and not at too much memory: they take five times that of the weights.
TILED_CHANNELS, TILED_TAPS = range(96, 385), range(7, 16, 2)


def use_fast_layers(module: M) -> M:
    """The module itself, which from now on trains and streams faster on a CPU; parameters and results stay.

    Gradients differ from the textbook's in rounding, and so does what streams of many channels give.
    """
    for layer in module.modules():
        if parametrize.is_parametrized(layer):
            # torch gives every weight-normed layer a class of its own, derived from the layer's.
            (plain,) = type(layer).__bases__
            type(layer).__bases__ = (FAST.get(plain, plain),)
        elif type(layer) in FAST:
            layer.__class__ = FAST[type(layer)]
    return module


def optimize_for_cpu(codec: Codec) -> Codec:
    """The codec itself, whose weight norm was removed before, to run on this CPU and no longer to train or to save.

    The convolutions add in another order, so that results differ in the last bits of float32 from those of a codec
    that is not optimized, and a token in some ten thousand may. As it is where torch has no kernels for this CPU.
    """
    if codec.device.type == "cpu" and are_usable(codec.dtype):
        tiled = {layer for block in find_aligned_blocks(codec) for layer in block.modules() if worth_tiling(layer)}
        use_fast_layers(codec)
        for module in list(codec.modules()):
            for name, layer in list(module.named_children()):
                if isinstance(layer, PaddedConv1d | UpsampleConv1d):
                    setattr(module, name, pack(layer, tiled=layer in tiled))
            if isinstance(module, ResidualBlock):
                activate_inside(module)
    return codec


def pack(layer: PaddedConv1d | UpsampleConv1d, *, tiled: bool) -> nn.Module:
    """A convolution with its weight as a CPU reads it; as it is where that gains nothing."""
    is_causal = isinstance(layer, CausalLayer)
    if isinstance(layer, UpsampleConv1d):
        return (PackedCausalUpsample if is_causal else PackedUpsample)(layer) if layer.groups == 1 else layer
    if tiled:
        return (TiledCausalConv1d if is_causal else TiledConv1d)(layer)
    return (PackedCausalConv1d if is_causal else PackedConv1d)(layer) if worth_packing(layer) else layer


def find_aligned_blocks(codec: Codec) -> list[nn.Module]:
    """Blocks in which tiles change no token: they begin at the same steps of a clip whole and in chunks."""
    found: list[nn.Module] = list(codec.decoder.blocks) if isinstance(codec.decoder, Decoder) else []
    if not isinstance(codec.encoder, Encoder):
        return found
    steps = codec.hop_length
    for block, downsample in zip(codec.encoder.blocks, codec.encoder.downsamples, strict=True):
        if steps % STEPS == 0:
            found.append(block)
        steps //= downsample.stride[0]
    return found


def worth_tiling(layer: nn.Module) -> bool:
    return (
        isinstance(layer, PaddedConv1d)
        and layer.weight.dtype == torch.float32
        and layer.kernel_size[0] in TILED_TAPS
        and layer.in_channels in TILED_CHANNELS
    )


def worth_packing(layer: PaddedConv1d) -> bool:
    return layer.in_channels > 1 and not is_miscomputed(layer.weight, layer.weight.dtype)


def activate_inside(block: ResidualBlock) -> None:
    """Let the first convolution of a packed block do the activation after it."""
    if isinstance(block.dilated, PackedConv1d) and isinstance(block.activation_between, nn.LeakyReLU):
        block.dilated.slope = block.activation_between.negative_slope
        block.activation_between = nn.Identity()
