"""The weights that a codec starts from before it has learned anything."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from lfsc.models.codec import Codec
from lfsc.models.decoder import Decoder
from lfsc.models.encoder import Encoder
from lfsc.models.layers import MultiReceptiveField, PaddedConv1d, UpsampleConv1d

# Root mean squares: of speech in corpora (most clips have 0.06 to 0.17), of what the quantizer gives, and of the first
# output, far from any clipping.
SPEECH_RMS, QUANTIZED_RMS, OUTPUT_RMS = 0.12, 0.5, 0.05
# What a whole chain of residual blocks adds to its input, as a fraction of the input's amplitude.
RESIDUAL = 0.3


@torch.no_grad()
def preserve_variance(codec: Codec) -> None:
    """Draw the weights of lfsc's encoder and decoder anew so that a signal keeps its power through every layer.

    Each weight is normal with standard deviation gain/√fan_in (arXiv 1502.01852), each bias 0. The gain makes up for
    what the activation before the layer takes away; the first layers bring speech and quantized latents to unit power,
    the last one gives a quiet output, and residual branches add little to what they branch from.

    Reason: with torch's default every layer shrinks its input and adds a constant bias. After the encoder, latents of
    different sounds then differ by some 2e-4 of a quantization step: all sounds get the same tokens, the decoder learns
    to do without them, and hundreds to thousands of updates pass before they carry anything (docs/learning.md).
    """
    if isinstance(codec.encoder, Encoder):
        initialize_encoder(codec.encoder)
    if isinstance(codec.decoder, Decoder):
        initialize_decoder(codec.decoder)


def keep_torch_default(codec: Codec) -> None:
    """Leave the weights as torch drew them, as NeMo does."""


# The values of `initialization=` in a recipe.
INITIALIZATIONS: dict[str, Callable[[Codec], None]] = {
    "variance_preserving": preserve_variance,
    "torch": keep_torch_default,
}


def initialize(codec: Codec, scheme: str) -> None:
    """Draw the codec's weights by the scheme of that name; ValueError if there is none."""
    if scheme not in INITIALIZATIONS:
        raise ValueError(f"initialization={scheme}: expected {' or '.join(INITIALIZATIONS)}")
    INITIALIZATIONS[scheme](codec)


def initialize_encoder(encoder: Encoder) -> None:
    draw(encoder.conv_in, gain=1 / SPEECH_RMS)
    for block, activation, downsample in zip(encoder.blocks, encoder.activations, encoder.downsamples, strict=True):
        initialize_residuals(block)
        draw(downsample, gain=gain_after(activation, downsample.in_channels))
    draw(encoder.conv_out, gain=gain_after(encoder.activation_out, encoder.conv_out.in_channels))


def initialize_decoder(decoder: Decoder) -> None:
    draw(decoder.conv_in, gain=1 / QUANTIZED_RMS)
    for activation, upsample, block in zip(decoder.activations, decoder.upsamples, decoder.blocks, strict=True):
        draw(upsample, gain=gain_after(activation, upsample.in_channels))
        initialize_residuals(block)
    conv_out = decoder.conv_out
    draw(conv_out, gain=OUTPUT_RMS * gain_after(decoder.activation_out, conv_out.in_channels))


def initialize_residuals(blocks: MultiReceptiveField) -> None:
    for chain in blocks.chains:
        for block in chain:
            channels = block.dilated.in_channels
            draw(block.dilated, gain=gain_after(block.activation_in, channels))
            gain = gain_after(block.activation_between, channels)
            draw(block.plain, gain=gain * RESIDUAL / math.sqrt(len(chain)))


def draw(layer: PaddedConv1d | UpsampleConv1d, *, gain: float) -> None:
    # By assignment, so that weight norm takes norms and directions from it.
    layer.weight = torch.randn_like(layer.weight) * (gain / math.sqrt(fan_in(layer)))
    layer.bias.zero_()


def fan_in(layer: nn.Conv1d | nn.ConvTranspose1d) -> int:
    """How many inputs each output is the sum of."""
    # A transposed convolution whose kernel is twice its stride reaches two input steps from each output step.
    steps = 2 if isinstance(layer, UpsampleConv1d) else layer.kernel_size[0]
    return layer.in_channels // layer.groups * steps


def gain_after(activation: nn.Module, channels: int) -> float:
    """What restores unit power after an activation of unit normal input; √(2/(1+slope²)) after a leaky ReLU."""
    return float(activation(unit_normal(channels)).square().mean().rsqrt())


def unit_normal(channels: int) -> Tensor:
    """A sample [1,C,N] of a unit normal without randomness: its quantiles in every channel."""
    probabilities = (torch.arange(2**10, dtype=torch.float64) + 0.5) / 2**10
    return torch.special.ndtri(probabilities).float().expand(1, channels, -1).clone()
