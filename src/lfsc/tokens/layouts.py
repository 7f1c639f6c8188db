"""Tokens [...,C,F] as the sequences of ids that language models read, and back.

`flat` puts codebook after codebook, `interleave` frame after frame; `delay` keeps a row for each codebook, each one
step later than the row above (arXiv 2306.05284).
"""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import torch
from torch import Tensor

from lfsc.nn.arguments import brief, require_flags, require_whole


@dataclass(frozen=True)
class Vocabulary:
    """Ids of a codec's tokens: each codebook has its own, from `first` on, perhaps after those of a text model.

    In a model with an embedding for each codebook they are `shared`: all codebooks have the same ids.
    """

    num_codebooks: int
    codebook_size: int
    first: int = 0
    shared: bool = False

    def __post_init__(self):
        require_whole(num_codebooks=self.num_codebooks, codebook_size=self.codebook_size)
        require_whole(least=0, first=self.first)
        require_flags(shared=self.shared)

    @property
    def end(self) -> int:
        """The first id after all of them, free for padding."""
        return self.first + self.codebook_size * (1 if self.shared else self.num_codebooks)

    def starts(self, device: torch.device | None = None) -> Tensor:
        """The id of each codebook's token 0, [C,1]."""
        step = 0 if self.shared else self.codebook_size
        return self.first + step * torch.arange(self.num_codebooks, device=device)[:, None]

    def ids(self, tokens: Tensor) -> Tensor:
        """Ids [...,C,F] of tokens [...,C,F]."""
        require_numbers(tokens, "tokens", "[..., codebooks, frames]")
        if tokens.shape[-2] != self.num_codebooks:
            raise ValueError(
                f"tokens {list(tokens.shape)} of {tokens.shape[-2]} codebooks, expected {self.num_codebooks}"
            )
        return self.require_inside(tokens.long(), "token") + self.starts(tokens.device)

    def tokens(self, ids: Tensor) -> Tensor:
        """Tokens [...,C,F] of ids [...,C,F]; ValueError for an id that is not its codebook's."""
        require_numbers(ids, "ids", "[..., codebooks, frames]")
        return self.require_inside(ids - self.starts(ids.device), "id")

    def require_inside(self, tokens: Tensor, name: str) -> Tensor:
        wrong = ((tokens < 0) | (tokens >= self.codebook_size)).nonzero()
        if len(wrong):
            *_, codebook, frame = wrong[0].tolist()
            lowest = int(self.starts()[codebook]) if name == "id" else 0
            found = int(tokens[tuple(wrong[0])]) + lowest
            raise ValueError(
                f"{name} {found} at frame {frame} of codebook {codebook}, expected {lowest} to "
                f"{lowest + self.codebook_size - 1}"
            )
        return tokens


def flat(tokens: Tensor, vocabulary: Vocabulary) -> Tensor:
    """Ids [...,C·F]: all frames of the first codebook, then of the second …"""
    return vocabulary.ids(tokens).flatten(-2)


def unflat(ids: Tensor, vocabulary: Vocabulary) -> Tensor:
    """Tokens [...,C,F] of ids that `flat` made."""
    frames = whole_frames(ids, vocabulary)
    return vocabulary.tokens(ids.unflatten(-1, (vocabulary.num_codebooks, frames)))


def interleave(tokens: Tensor, vocabulary: Vocabulary) -> Tensor:
    """Ids [...,F·C]: all codebooks of the first frame, then of the second …"""
    return vocabulary.ids(tokens).mT.flatten(-2)


def deinterleave(ids: Tensor, vocabulary: Vocabulary) -> Tensor:
    """Tokens [...,C,F] of ids that `interleave` made."""
    frames = whole_frames(ids, vocabulary)
    return vocabulary.tokens(ids.unflatten(-1, (frames, vocabulary.num_codebooks)).mT)


def delay(tokens: Tensor, vocabulary: Vocabulary, *, pad: int) -> Tensor:
    """Ids [...,C,F+C−1] in which codebook c begins c steps late; `pad`, no token's id, is where a row has none."""
    if not isinstance(pad, Integral):
        raise ValueError(f"pad is {brief(pad)}: expected a whole number, such as vocabulary.end")
    if vocabulary.first <= pad < vocabulary.end:
        raise ValueError(
            f"pad is {pad}, the id of a token: expected one outside of {vocabulary.first} to {vocabulary.end - 1}, "
            "such as vocabulary.end"
        )
    ids, late = vocabulary.ids(tokens), vocabulary.num_codebooks - 1
    rows = ids.new_full((*ids.shape[:-1], ids.shape[-1] + late), pad)
    for codebook, row in enumerate(ids.unbind(-2)):
        rows[..., codebook, codebook : codebook + ids.shape[-1]] = row
    return rows


def undelay(ids: Tensor, vocabulary: Vocabulary) -> Tensor:
    """Tokens [...,C,F] of ids that `delay` made; what stands in place of padding is not read."""
    require_numbers(ids, "ids", "[..., codebooks, frames + codebooks - 1]")
    frames = ids.shape[-1] - vocabulary.num_codebooks + 1
    if ids.shape[-2] != vocabulary.num_codebooks or frames < 0:
        raise ValueError(f"ids {list(ids.shape)}, expected [..., {vocabulary.num_codebooks}, frames + codebooks - 1]")
    rows = [row[..., codebook : codebook + frames] for codebook, row in enumerate(ids.unbind(-2))]
    return vocabulary.tokens(torch.stack(rows, dim=-2))


def whole_frames(ids: Tensor, vocabulary: Vocabulary) -> int:
    require_numbers(ids, "ids", "[..., frames * codebooks]")
    frames, rest = divmod(ids.shape[-1], vocabulary.num_codebooks)
    if rest:
        size = vocabulary.num_codebooks
        raise ValueError(f"{ids.shape[-1]} ids are {frames} frames of {size} and {rest} more: drop the last {rest}")
    return frames


def require_numbers(values: Any, name: str, shape: str) -> None:
    """ValueError for anything but a tensor of whole numbers with the dimensions of a shape such as [..., a, b]."""
    if not isinstance(values, Tensor):
        raise ValueError(f"{name} are a {type(values).__name__}, expected an integer tensor {shape}")
    if values.dtype == torch.bool or values.is_floating_point() or values.is_complex():
        raise ValueError(f"{name} are {values.dtype}, expected integers: write {name}.long()")
    if values.dim() < shape.count(","):
        raise ValueError(f"{name} are {list(values.shape)}, expected {shape}")
