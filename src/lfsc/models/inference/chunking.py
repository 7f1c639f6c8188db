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
    """Tokens [B,C,F] of audio [B,T] with zeros after each clip's end, `chunk_frames` of them at a time.

    Those after a clip's end mean nothing.
    """
    hop_length, dtype = encoder.hop_length, next(encoder.parameters()).dtype

    def receptive_field(frames: range) -> range:
        samples = encoder.receptive_samples(frames)
        return range(samples.start // hop_length, -(-samples.stop // hop_length))

    total, pieces = plan(frames_of(audio_len, hop_length).clamp(min=min_frames), chunk_frames, receptive_field)
    tokens = torch.zeros(len(audio), quantizer.num_codebooks, total, dtype=torch.int64, device=audio.device)
    for window, rows, ends in pieces:
        samples = scale(window.context, hop_length)
        latents = encoder(pad_to(audio[rows, as_slice(samples)], len(samples)).to(dtype), ends)
        tokens[rows, :, as_slice(window.core)] = quantizer(latents[..., window.inner]).tokens
    return tokens


def decode_in_chunks(
    quantizer: GroupedFSQ, decoder: Decoder, tokens: Tensor, tokens_len: Tensor, *, min_frames: int, chunk_frames: int
) -> Tensor:
    """Audio [B,T] of tokens [B,C,F], `chunk_frames` of them at a time; that after a clip's end means nothing."""
    hop_length, dtype = decoder.hop_length, next(decoder.parameters()).dtype

    def receptive_field(frames: range) -> range:
        return decoder.receptive_frames(scale(frames, hop_length))

    total, pieces = plan(tokens_len.clamp(min=min_frames), chunk_frames, receptive_field)
    quantized = mask_padding(quantizer.dequantize(tokens), tokens_len)
    audio = torch.zeros(len(tokens), total * hop_length, device=tokens.device)
    for window, rows, ends in pieces:
        context = pad_to(quantized[rows, :, as_slice(window.context)], len(window.context))
        decoded = decoder(context.to(dtype), ends)
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


class Piece(NamedTuple):
    window: Window
    rows: Tensor | slice  # the clips that have frames in its core
    ends: Tensor | None  # where each of these ends, counted in the window; None where none ends inside


def plan(ends: Tensor, size: int, receptive_field: Callable[[range], range]) -> tuple[int, list[Piece]]:
    """The frames of the longest clip, and the pieces of `size` frames of a batch, by where its clips end [B].

    All at once, before any is computed: a GPU that is asked for a number finishes what it has to do first.
    """
    clips, device = ends.tolist(), ends.device
    total, pieces = max(clips), []
    for window in windows(total, size, receptive_field):
        active = [number for number, end in enumerate(clips) if end > window.core.start]
        local = [min(clips[number] - window.context.start, len(window.context)) for number in active]
        rows = slice(None) if len(active) == len(clips) else torch.tensor(active, device=device)
        is_whole = all(end == len(window.context) for end in local)
        pieces.append(Piece(window, rows, None if is_whole else torch.tensor(local, device=device)))
    return total, pieces


def windows(total: int, size: int, receptive_field: Callable[[range], range]) -> Iterator[Window]:
    """Windows with the frames 0 … total for cores, `size` at a time; `receptive_field` tells what some are made of.

    Where a window ends inside the clip its layers reflect what they should not, but no core is made of that.
    """
    for start in range(0, total, size):
        core = range(start, min(start + size, total))
        needed = receptive_field(core)
        yield Window(core, range(max(0, needed.start), min(total, needed.stop)))


def scale(steps: range, factor: int) -> range:
    return range(steps.start * factor, steps.stop * factor)


def as_slice(steps: range) -> slice:
    return slice(steps.start, steps.stop)
