"""A codec as somebody holds it."""

from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

from lfsc.formats.skeleton import LazyTensors, build_on_meta, load_weights
from lfsc.models.codec import Codec

RUN, CHECKPOINT, BUNDLE, NEMO = "run directory", "checkpoint", "bundle", "NeMo archive"
WITHOUT = "`lfsc export` makes a bundle of just its codec; init_from that, and new discriminators learn"


class Source(NamedTuple):
    """What it is, at once, and its tensors, when they are asked for."""

    kind: str
    path: Path
    codec: dict  # configuration, checked
    codec_weights: Callable[[], LazyTensors]
    discriminators: Callable[[], dict | None]  # configuration
    discriminator_weights: Callable[[], LazyTensors | None]  # None where there are none
    discriminators_learned: bool = True  # not before discriminators.start_at of a run from scratch
    updates: int | None = None  # that it was trained for, if known
    averaged: bool = False  # whether the weights are an average over updates
    weight_norm: bool = True  # whether the weights have it, as those that train do
    fingerprint: str | None = None  # where the file says it
    files: tuple[IO[bytes], ...] = ()  # open as long as tensors are read
    ignored: tuple[str, ...] = ()  # keys of the training that it comes from, which were on and are not read
    statements: Callable[[], dict[str, str]] = dict  # the licences of code, weights and data

    def discriminators_to_train(self) -> dict | None:
        """Their configuration; ValueError with a way to train without them where they cannot be read."""
        try:
            return self.discriminators()
        except ValueError as error:
            raise ValueError(f"{error}: {WITHOUT}") from error

    def load_codec(self) -> Codec:
        """The codec with its weights, on the CPU, which carries the fingerprint that the file says."""
        codec = build_on_meta(self.codec, weight_norm=self.weight_norm)
        load_weights(codec, self.codec_weights())
        codec.carried_fingerprint = self.fingerprint
        return codec
