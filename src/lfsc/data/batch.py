"""What training and validation receive."""

from typing import NamedTuple

from torch import Tensor


class Skip(NamedTuple):
    """A clip that could not be used, and why."""

    key: str
    reason: str


class Batch(NamedTuple):
    """Audio [B,T] of the clips `keys`, and what was left out since the batch before.

    `lengths` [B] counts the samples of each row that are audio, the rest is zeros. Only validation has it: in training
    every sample counts.
    """

    audio: Tensor
    keys: list[str]
    skipped: list[Skip]
    lengths: Tensor | None = None


class UnusableData(ValueError):
    """The run must stop: a shard cannot be read, or too many clips cannot be used."""


class UnusableClip(ValueError):
    """One clip cannot be used; the message says why."""


class SilentCrop(UnusableClip):
    """What was cut out of a clip is silent, the rest is not: another time it can be used."""
