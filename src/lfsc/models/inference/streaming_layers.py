"""The layers as their input arrives: each keeps what it needs again, so that nothing is computed twice."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lfsc.models.decoder import Decoder
from lfsc.models.encoder import Encoder
from lfsc.models.layers import MultiReceptiveField, PaddedConv1d, ResidualBlock, UpsampleConv1d
from lfsc.models.lengths import pad_to
from lfsc.models.padding import after, before, copied_steps

# Takes the next x [B,C,T] and whether it is the last, and gives what is complete now, perhaps of length 0.
StreamingLayer = Callable[[Tensor, bool], Tensor]


def make_streaming_encoder(encoder: Encoder) -> StreamingLayer:
    layers: list[StreamingLayer] = [make_streaming(encoder.conv_in)]
    for block, activation, downsample in zip(encoder.blocks, encoder.activations, encoder.downsamples, strict=True):
        layers += [make_streaming(block), Pointwise(activation), make_streaming(downsample)]
    return Chain([*layers, Pointwise(encoder.activation_out), make_streaming(encoder.conv_out)])


def make_streaming_decoder(decoder: Decoder) -> StreamingLayer:
    layers: list[StreamingLayer] = [make_streaming(decoder.conv_in)]
    for activation, upsample, block in zip(decoder.activations, decoder.upsamples, decoder.blocks, strict=True):
        layers += [Pointwise(activation), make_streaming(upsample), make_streaming(block)]
    layers += [
        Pointwise(decoder.activation_out),
        make_streaming(decoder.conv_out),
        Pointwise(decoder.output_activation),
    ]
    return Chain(layers)


class LaggingDecoding:
    """A decoder that waits for tokens to come before it gives the audio of those that are there."""

    layers: StreamingLayer
    num_frames: int
    num_samples: int

    def __init__(self, decoder: Decoder, *, min_frames: int):
        self.decoder = decoder
        self.min_frames = min_frames
        self.reset()

    def __call__(self, latents: Tensor, last: bool) -> Tensor:
        """Audio [B,T] that is complete now, of the next latents [B,D,F]."""
        num_frames, layers = self.num_frames + latents.shape[-1], copy_streaming(self.layers)
        if last:
            latents = pad_to(latents, latents.shape[-1] + self.min_frames - num_frames)
        audio = layers(latents, last)[:, 0]
        audio = audio[:, : num_frames * self.decoder.hop_length - self.num_samples]
        # Only now, so that a call that fails changes nothing.
        self.layers, self.num_frames, self.num_samples = layers, num_frames, self.num_samples + audio.shape[-1]
        if last:
            self.reset()
        return audio

    def reset(self, clips: Sequence[int] | Tensor | None = None) -> None:
        if clips is not None:
            raise ValueError("only a causal decoder begins single clips of a batch anew: reset all of them")
        self.layers = make_streaming_decoder(self.decoder)
        self.num_frames = self.num_samples = 0


def make_streaming(layer: nn.Module) -> StreamingLayer:
    classes = {
        PaddedConv1d: StreamingConv1d,
        UpsampleConv1d: StreamingUpsample,
        ResidualBlock: StreamingResidual,
        MultiReceptiveField: StreamingMRF,
    }
    # By instance: a weight-normed layer is of a class that torch derives.
    return next(streaming for kind, streaming in classes.items() if isinstance(layer, kind))(layer)


class Pointwise:
    """A function of single steps; it may overwrite its input, as no layer keeps what it has given."""

    def __init__(self, function: Callable[[Tensor], Tensor]):
        self.function = function

    def __call__(self, x: Tensor, last: bool) -> Tensor:
        return self.function(x)


class Chain:
    def __init__(self, layers: list[StreamingLayer]):
        self.layers = layers

    def __call__(self, x: Tensor, last: bool) -> Tensor:
        for layer in self.layers:
            x = layer(x, last)
        return x


class StreamingConv1d:
    """A convolution over the inputs so far: padded before the first and after the last."""

    def __init__(self, layer: PaddedConv1d):
        self.layer = layer
        # Once: weight norm at every step would cost more than the convolutions.
        self.weight = layer.weight.detach()
        self.span = layer.dilation[0] * (layer.kernel_size[0] - 1)
        self.buffer: Tensor | None = None
        self.begun = False

    def __call__(self, x: Tensor, last: bool) -> Tensor:
        stride, pad, mode = self.layer.stride[0], self.layer.pad, self.layer.pad_mode
        self.buffer = x = join(self.buffer, x)
        if not self.begun and x.shape[-1] > copied_steps(pad, mode):
            x = torch.cat((before(x, pad, mode), x), dim=-1)
            self.begun = True
        if last:
            x = torch.cat((x, after(x, self.layer.pad_after, mode)), dim=-1)
        steps = (x.shape[-1] - self.span - 1) // stride + 1 if self.begun else 0
        if steps <= 0:
            self.buffer = x
            return x.new_empty(len(x), self.layer.out_channels, 0)
        self.buffer = x[..., steps * stride :]
        x = x[..., : (steps - 1) * stride + self.span + 1]
        return self.layer.convolve_chunk(x, self.weight)


class StreamingUpsample:
    """A transposed convolution, in which an output step is made of two inputs at most, zeros around the clip."""

    def __init__(self, layer: UpsampleConv1d):
        self.layer = layer
        self.weight = layer.weight.detach()
        self.previous: Tensor | None = None

    def __call__(self, x: Tensor, last: bool) -> Tensor:
        (rate,), (padding,) = self.layer.stride, self.layer.padding
        begins = self.previous is None
        if x.shape[-1] == 0 and (begins or not last):
            return x.new_empty(len(x), self.layer.out_channels, 0)
        x = F.pad(x, (1, 0)) if self.previous is None else torch.cat((self.previous, x), dim=-1)
        self.previous = x[..., -1:]
        x = F.pad(x, (0, 1)) if last else x
        # The first `rate` steps lack the input before `previous`, the last `rate` the one to come.
        y = self.layer.between(x, self.weight)
        y = y[..., padding:] if begins else y
        return y[..., : y.shape[-1] - rate + padding] if last else y


class StreamingResidual:
    """What two convolutions add to their input, which waits for them."""

    def __init__(self, block: ResidualBlock):
        self.residual = Chain(
            [
                Pointwise(block.activation_in),
                make_streaming(block.dilated),
                Pointwise(block.activation_between),
                make_streaming(block.plain),
            ]
        )
        self.waiting: Tensor | None = None

    def __call__(self, x: Tensor, last: bool) -> Tensor:
        residual = self.residual(x, last)
        waiting = join(self.waiting, x)
        self.waiting = waiting[..., residual.shape[-1] :]
        return waiting[..., : residual.shape[-1]] + residual


class StreamingMRF:
    """The mean of chains, those that see less far waiting for the others."""

    def __init__(self, layer: MultiReceptiveField):
        self.chains = [Chain([make_streaming(block) for block in chain]) for chain in layer.chains]
        self.waiting: list[Tensor | None] = [None] * len(self.chains)

    def __call__(self, x: Tensor, last: bool) -> Tensor:
        waiting = [join(old, chain(x, last)) for old, chain in zip(self.waiting, self.chains, strict=True)]
        ready = min(x.shape[-1] for x in waiting)
        self.waiting = [x[..., ready:] for x in waiting]
        first, *others = (x[..., :ready] for x in waiting)
        return sum(others, start=first) / len(waiting)


def copy_streaming(layer: Any) -> Any:
    """A streaming layer, or several, that go on from where these are.

    They share their tensors, into which none writes.
    """
    if type(layer) is list:
        return [copy_streaming(each) for each in layer]
    if type(layer) not in WITH_MEMORY:
        return layer
    twin = object.__new__(type(layer))
    vars(twin).update({name: copy_streaming(value) for name, value in vars(layer).items()})
    return twin


WITH_MEMORY = {Chain, StreamingConv1d, StreamingUpsample, StreamingResidual, StreamingMRF}


def join(old: Tensor | None, new: Tensor) -> Tensor:
    return new if old is None else torch.cat((old, new), dim=-1)
