"""A codec written as a NeMo archive."""

from pathlib import Path

from lfsc.export.bundle import discriminators_of
from lfsc.formats.nemo.writing import write_archive
from lfsc.formats.skeleton import build_on_meta, require_same
from lfsc.formats.source import Source


def write_nemo(found: Source, out: Path, *, with_discriminators: bool) -> None:
    """Write the archive `out`: the weights as they are, under NeMo's names, and NeMo's configuration of the codec."""
    if not found.weight_norm:
        raise ValueError("its weight norm was removed, which NeMo's layers need: export the codec that it was made of")
    # Weights that are not those of the configuration would make an archive that NeMo cannot open.
    require_same(build_on_meta(found.codec).state_dict(), found.codec_weights())
    write_archive(
        out,
        codec=found.codec,
        weights=found.codec_weights(),
        discriminators=discriminators_of(found) if with_discriminators else None,
        discriminator_weights=found.discriminator_weights() if with_discriminators else None,
    )
