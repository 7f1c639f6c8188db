"""A codec written as a NeMo archive."""

from pathlib import Path

from lfsc.export.bundle import discriminators_of
from lfsc.formats.nemo.writing import write_archive
from lfsc.formats.source import Source


def write_nemo(found: Source, out: Path, *, with_discriminators: bool) -> None:
    """Write the archive `out`: the weights as they are, under NeMo's names, and NeMo's configuration of the codec."""
    if found.folded:
        raise ValueError("its weight norm is folded, which NeMo's layers are not: export the codec that it was made of")
    judged = {}
    if with_discriminators:
        judged = {
            "discriminators": discriminators_of(found),
            "discriminator_weights": found.discriminator_weights(),
        }
    write_archive(out, codec=found.codec, weights=found.codec_weights(), **judged)
