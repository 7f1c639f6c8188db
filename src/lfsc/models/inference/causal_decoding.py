"""A causal decoder as latents arrive: its whole memory is the end of what each convolution has seen."""

from collections.abc import Callable, Iterable, Sequence
from typing import cast

import torch
from torch import Tensor

from lfsc.models.causal_decoder import CausalDecoder
from lfsc.models.causal_layers import CausalLayer, remember, silence
from lfsc.models.inference.arguments import check_clips
from lfsc.models.layers import Layer, ResidualBlock

# What runs one of the decoder's convolutions.
Run = Callable[[Layer, Tensor], Tensor]


class CausalDecoding:
    """A step of the decoder with its memory given and returned, so that who holds it may keep, copy or drop it.

    The weights are those of when this is made.
    """

    def __init__(self, decoder: CausalDecoder):
        self.decoder = decoder
        # In the order in which they run. Weights once: weight norm at every step would cost more than convolutions.
        self.layers = convolutions(decoder)
        self.weights = [layer.weight.detach() for layer in self.layers]

    def silence(self, batch: int) -> list[Tensor]:
        """The memory at the beginning of `batch` clips: for each convolution its last inputs [B,C,steps]."""
        return [silence(layer, batch) for layer in self.layers]

    def __call__(self, latents: Tensor, memory: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Audio [B, F·hop] of the next latents [B,D,F], and the memory after them; the given one stays as it is."""
        before, weights, after = iter(memory), iter(self.weights), []

        def run(layer: Layer, x: Tensor) -> Tensor:
            layer, x = cast(CausalLayer, layer), torch.cat((next(before), x), dim=-1)
            after.append(remember(layer, x))
            return layer.advance(x, next(weights))

        return decode(self.decoder, latents, run), after


class ImmediateDecoding:
    """A stream of a causal decoder: the audio of tokens as they come, and nothing left for the end."""

    memory: list[Tensor] | None  # None where the clips are yet to begin

    def __init__(self, decoder: CausalDecoder):
        self.step = CausalDecoding(decoder)
        self.reset()

    def __call__(self, latents: Tensor, last: bool) -> Tensor:
        """Audio [B, F·hop] of the next latents [B,D,F]."""
        audio = latents.new_empty(len(latents), 0)
        if latents.shape[-1]:
            audio, self.memory = self.step(latents, self.memory or self.step.silence(len(latents)))
        if last:
            self.reset()
        return audio

    def reset(self, clips: Sequence[int] | Tensor | None = None) -> None:
        if clips is None or self.memory is None:
            self.memory = None
            return
        clips = check_clips(clips, batch=len(self.memory[0]), device=self.memory[0].device)
        self.memory = [end.index_fill(0, clips, 0) for end in self.memory]


def decode(decoder: CausalDecoder, latents: Tensor, run: Run) -> Tensor:
    """Audio [B,T] of latents [B,D,F], every convolution by `run`."""
    x = run(decoder.conv_in, latents)
    for activation, upsample, block in zip(decoder.activations, decoder.upsamples, decoder.blocks, strict=True):
        x = run(upsample, activation(x))
        first, *others = [through_chain(chain, x, run) for chain in block.chains]
        x = sum(others, start=first) / len(block.chains)
    return decoder.output_activation(run(decoder.conv_out, decoder.activation_out(x)))[:, 0]


def through_chain(chain: Iterable[ResidualBlock], x: Tensor, run: Run) -> Tensor:
    for block in chain:
        hidden = run(block.dilated, block.activation_in(x))
        x = x + run(block.plain, block.activation_between(hidden))
    return x


def convolutions(decoder: CausalDecoder) -> list[CausalLayer]:
    """The convolutions in the order of `decode`."""
    found: list[Layer] = [decoder.conv_in]
    for upsample, block in zip(decoder.upsamples, decoder.blocks, strict=True):
        found.append(upsample)
        found += [layer for chain in block.chains for each in chain for layer in (each.dilated, each.plain)]
    # Causal, as CausalDecoder makes no others.
    return cast(list[CausalLayer], [*found, decoder.conv_out])
