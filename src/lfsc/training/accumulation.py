"""A batch in pieces, for updates whose batch does not fit in memory at once."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor


class Pieces:
    """What `compare` makes of each of `count` equal parts of audio [B,T]; an update goes through them once a turn.

    A batch in one piece is compared once and serves both players' turns. Several are compared anew in each turn, one
    after the other, so that the graph of one alone is in memory.
    """

    def __init__(self, audio: Tensor, *, count: int, compare: Callable[[Tensor], Any]):
        if len(audio) % count:
            raise ValueError(f"a batch of {len(audio)} clips cannot be cut into num_micro_batches={count} equal pieces")
        self.parts = audio.chunk(count)
        self.compare = compare
        self.kept = [compare(audio)] if count == 1 else []

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.kept) if self.kept else map(self.compare, self.parts)

    def without_graphs(self) -> Iterator[Any]:
        """The same for a turn that does not reach the codec; one piece brings the graph that it has."""
        return iter(self.kept) if self.kept else map(torch.no_grad()(self.compare), self.parts)
