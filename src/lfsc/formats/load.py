"""Whatever a user may hold as a codec."""

from os import PathLike

from lfsc.cpu.apply import use_fast_layers
from lfsc.formats.resolve import opened
from lfsc.formats.skeleton import fill, skeleton
from lfsc.models.codec import Codec


def load(source: str | PathLike) -> Codec:
    """The codec, in eval mode on the CPU, of a run directory, a checkpoint, a bundle, a .nemo archive or a hub name.

    Nothing that is loaded can run code. ValueError where there is no such thing, where it is damaged, or where it
    holds a codec that has no equal here.
    """
    with opened(source) as found:
        codec = skeleton(found.codec, folded=found.folded)
        fill(codec, found.codec_weights())
    codec.carried_fingerprint = found.fingerprint
    return use_fast_layers(codec).eval()
