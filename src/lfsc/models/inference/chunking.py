"""Long clips piece by piece: each piece with exactly the surroundings that its result is made of."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from lfsc.models.decoder import Decoder
from lfsc.models.encoder import Encoder
from lfsc.models.lengths import frames_of, mask_padding, pad_to
from lfsc.models.quantizer import GroupedFSQ


def encode_in_chunks(
    encoder: Encoder, quantizer: GroupedFSQ, audio: Tensor, audio_len: Tensor, *, min_frames: int, chunk_frames: int
) -> Tensor:
    """Tokens [B,C,F] of audio [B,T], `chunk_frames` of them at a time; those behind a clip's end mean nothing."""
    hop_length, dtype = encoder.hop_length, next(encoder.parameters()).dtype
    ends = frames_of(audio_len, hop_length).clamp(min=min_frames)
    total = int(ends.max())
    tokens = torch.zeros(len(audio), quantizer.num_codebooks, total, dtype=torch.int64, device=audio.device)

    def receptive_field(frames: range) -> range:
        samples = encoder.receptive_samples(frames)
        return range(samples.start // hop_length, -(-samples.stop // hop_length))

    for window in windows(total, chunk_frames, receptive_field):
        rows = find_active_rows(ends, window)
        first, last = window.context.start * hop_length, window.context.stop * hop_length
        context = pad_to(mask_padding(audio[rows, first:last], audio_len[rows] - first), last - first)
        latents = encoder(context.to(dtype), local_ends(ends[rows], window))
        tokens[rows, :, as_slice(window.core)] = quantizer(latents[..., window.inner]).tokens
    return tokens


def decode_in_chunks(
    quantizer: GroupedFSQ, decoder: Decoder, tokens: Tensor, tokens_len: Tensor, *, min_frames: int, chunk_frames: int
) -> Tensor:
    """Audio [B,T] of tokens [B,C,F], `chunk_frames` of them at a time; that behind a clip's end means nothing."""
    hop_length, dtype = decoder.hop_length, next(decoder.parameters()).dtype
    ends = tokens_len.clamp(min=min_frames)
    total = int(ends.max())
    audio = torch.zeros(len(tokens), total * hop_length, device=tokens.device)

    def receptive_field(frames: range) -> range:
        return decoder.receptive_frames(scale(frames, hop_length))

    for window in windows(total, chunk_frames, receptive_field):
        rows = find_active_rows(ends, window)
        codes = quantizer.dequantize(tokens[rows, :, as_slice(window.context)])
        codes = pad_to(mask_padding(codes, tokens_len[rows] - window.context.start), len(window.context))
        decoded = decoder(codes.to(dtype), local_ends(ends[rows], window))
        inner = scale(range(window.inner.start, window.inner.stop), hop_length)
        audio[rows, as_slice(scale(window.core, hop_length))] = decoded[:, as_slice(inner)].float()
    return audio


class Window(NamedTuple):
    core: range  # frames whose result is taken
    context: range  # frames that are computed for it

    @property
    def inner(self) -> slice:
        """Where in the context the core is."""
        return slice(self.core.start - self.context.start, self.core.stop - self.context.start)


def windows(total: int, size: int, receptive_field: Callable[[range], range]) -> Iterator[Window]:
    """Windows with the frames 0 … total for cores, `size` at a time; `receptive_field` tells what some are made of.

    Where a window ends inside the clip its layers reflect what they should not, but no core is made of that.
    """
    for start in range(0, total, size):
        core = range(start, min(start + size, total))
        needed = receptive_field(core)
        yield Window(core, range(max(0, needed.start), min(total, needed.stop)))


def find_active_rows(ends: Tensor, window: Window) -> Tensor | slice:
    """Which clips of a batch, by where they end [B], have frames in the core of `window`."""
    rows = ends > window.core.start
    return slice(None) if bool(rows.all()) else rows


def local_ends(ends: Tensor, window: Window) -> Tensor | None:
    """Where each clip ends [B], counted in the window; None where none ends inside, which needs no care."""
    width = len(window.context)
    ends = (ends - window.context.start).clamp(max=width)
    return None if bool((ends == width).all()) else ends


def scale(steps: range, factor: int) -> range:
    return range(steps.start * factor, steps.stop * factor)


def as_slice(steps: range) -> slice:
    return slice(steps.start, steps.stop)
