"""Long clips piece by piece: each piece with exactly the surroundings that its result is made of."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from lfsc.models.decoder import Decoder
from lfsc.models.encoder import Encoder
from lfsc.models.quantizer import GroupedFSQ

Count = TypeVar("Count", int, Tensor)


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
        first, last = window.seen.start * hop_length, window.seen.stop * hop_length
        seen = pad_to(mask_padding(audio[rows, first:last], audio_len[rows] - first), last - first)
        latents = encoder(seen.to(dtype), local_ends(ends[rows], window))
        tokens[rows, :, as_slice(window.kept)] = quantizer(latents[..., window.inner]).tokens
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
        codes = quantizer.dequantize(tokens[rows, :, as_slice(window.seen)])
        codes = pad_to(mask_padding(codes, tokens_len[rows] - window.seen.start), len(window.seen))
        heard = decoder(codes.to(dtype), local_ends(ends[rows], window))
        inner = scale(range(window.inner.start, window.inner.stop), hop_length)
        audio[rows, as_slice(scale(window.kept, hop_length))] = heard[:, as_slice(inner)].float()
    return audio


class Window(NamedTuple):
    kept: range  # frames whose result is taken
    seen: range  # frames that are computed for it

    @property
    def inner(self) -> slice:
        """Where in the seen frames the kept ones are."""
        return slice(self.kept.start - self.seen.start, self.kept.stop - self.seen.start)


def windows(total: int, size: int, receptive_field: Callable[[range], range]) -> Iterator[Window]:
    """Windows that keep the frames 0 … total, `size` at a time; `receptive_field` tells which frames some are made of.

    Where a window ends inside the clip its layers reflect what they should not, but no kept frame is made of that.
    """
    for start in range(0, total, size):
        kept = range(start, min(start + size, total))
        needed = receptive_field(kept)
        yield Window(kept, range(max(0, needed.start), min(total, needed.stop)))


def find_active_rows(ends: Tensor, window: Window) -> Tensor | slice:
    """Which clips of a batch, by where they end [B], have frames to keep in `window`."""
    rows = ends > window.kept.start
    return slice(None) if bool(rows.all()) else rows


def local_ends(ends: Tensor, window: Window) -> Tensor | None:
    """Where each clip ends [B], counted in the window; None where none ends inside, which receptive_field no care."""
    width = len(window.seen)
    ends = (ends - window.seen.start).clamp(max=width)
    return None if bool((ends == width).all()) else ends


def mask_padding(x: Tensor, length: Tensor) -> Tensor:
    """x [B,...,T] with zeros from each clip's `length` [B] on."""
    if bool((length >= x.shape[-1]).all()):
        return x
    steps = torch.arange(x.shape[-1], device=x.device)
    behind = (steps >= length[:, None]).view(len(length), *[1] * (x.dim() - 2), -1)
    return x.masked_fill(behind, 0)


def pad_to(x: Tensor, width: int) -> Tensor:
    """x [...,T] with zeros up to `width`."""
    return F.pad(x, (0, width - x.shape[-1])) if x.shape[-1] < width else x


def frames_of(num_samples: Count, hop_length: int) -> Count:
    """The frames, the last one perhaps partly filled, of so many samples (a number or a tensor)."""
    return -(-num_samples // hop_length)


def scale(steps: range, factor: int) -> range:
    return range(steps.start * factor, steps.stop * factor)


def as_slice(steps: range) -> slice:
    return slice(steps.start, steps.stop)
