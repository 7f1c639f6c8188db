"""The architecture of weights that are yet to be read."""

from collections.abc import Iterable
from os import PathLike

from lfsc.config.from_weights import Architecture
from lfsc.config.own_code import import_own
from lfsc.formats.resolve import resolve
from lfsc.formats.skeleton import build_on_meta


def read_architecture(source: str | PathLike, *, trust: Iterable[str] = ()) -> Architecture:
    """Codec and discriminators of whatever `lfsc.load` takes; ValueError as there."""
    with resolve(source, trusted=import_own(trust)) as found:
        codec = build_on_meta(found.codec, weight_norm=found.weight_norm)
        return Architecture(found.codec, found.discriminators_to_train(), codec.hop_length)
