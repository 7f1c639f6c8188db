"""Weights scaled so that an untrained codec lets its input through (Salimans and Kingma, arXiv 1602.07868, section 3).

With torch's initialisation the latents of different sounds differ by about 2e-4: every clip gets the same tokens, and
hundreds of updates go by before any information passes.
"""

import torch
from torch import Tensor, nn

from lfsc.models.codec import Codec


@torch.no_grad()
def initialise_on(codec: Codec, audio: Tensor) -> None:
    """Scale the gains and shift the biases of `codec`, in place, until every convolution's output on `audio` [B,T] has
    mean 0 and deviation 1, each channel by itself; the last layer, which makes the waveform, stays as it is."""
    layers = [
        part
        for part in codec.modules()
        if isinstance(part, nn.Conv1d | nn.ConvTranspose1d) and part is not codec.decoder.conv_out
    ]
    hooks = [layer.register_forward_hook(normalise_output) for layer in layers]
    try:
        codec(audio)
    finally:
        for hook in hooks:
            hook.remove()


def normalise_output(layer: nn.Module, _, output: Tensor) -> Tensor:
    """Change a layer so that it would have given its output normalised, which is what the next layer gets."""
    # The gains of a transposed convolution are its input channels': there is one scale for all of them.
    over = (0, 1, 2) if isinstance(layer, nn.ConvTranspose1d) else (0, 2)
    deviation, mean = torch.std_mean(output, dim=over, keepdim=True)
    deviation = deviation.clamp(min=1e-6)
    gains = layer.parametrizations.weight.original0
    gains.div_(deviation.view(-1, 1, 1))
    layer.bias.sub_(mean.flatten()).div_(deviation.flatten())
    return (output - mean) / deviation
