"""Whatever a user may hold as a codec."""

from collections.abc import Iterable
from os import PathLike

from lfsc.config.own_code import import_own
from lfsc.cpu.apply import use_fast_layers
from lfsc.formats.resolve import resolve
from lfsc.models.codec import Codec


def load(source: str | PathLike, *, trust: str | PathLike | Iterable[str | PathLike] = ()) -> Codec:
    """The codec, in eval mode on the CPU, of a run directory, a checkpoint, a bundle, a .nemo archive or a hub name.

    Nothing that is loaded can run code. Where a codec has parts of classes of your own, `trust` names the files and
    modules that hold them, such as ["my_quantizer.py", "package.module"]; these are imported, and their classes built.
    ValueError where there is no such thing, where it is damaged, or where it holds a codec that is not supported.
    """
    with resolve(source, trusted=import_own(trust)) as found:
        return use_fast_layers(found.load_codec()).eval()
