"""A codec written as a bundle."""

from pathlib import Path

from lfsc.export.model_card import model_card
from lfsc.formats import bundle
from lfsc.formats.skeleton import fill, skeleton
from lfsc.formats.source import Source
from lfsc.tokens.fingerprint import fingerprint, fold


def write_bundle(
    found: Source, out: Path, *, with_discriminators: bool, folded: bool, statements: dict[str, str]
) -> list[Path]:
    """Write the folder `out`; its files. `statements` are the licences of code, weights and data."""
    if with_discriminators and (folded or found.folded):
        raise ValueError("discriminators are for training on, which folded weights cannot: leave --fold or them out")
    codec = skeleton(found.codec, folded=found.folded)
    fill(codec, found.codec_weights())
    codec.carried_fingerprint = found.fingerprint
    mark = fingerprint(codec)
    if folded and not found.folded:
        fold(codec, fingerprint=mark)
    config = {
        "fingerprint": mark,
        "folded": folded or found.folded,
        "updates": found.updates,
        "licence": statements,
        "codec": found.codec,
    }
    tensors = {bundle.WEIGHTS: codec.state_dict()}
    if with_discriminators:
        config["discriminators"] = discriminators_of(found)
        tensors[bundle.DISCRIMINATORS] = found.discriminator_weights()
    bundle.write(out, config=config, card=model_card(codec, config), tensors=tensors)
    return sorted(out.iterdir())


def discriminators_of(found: Source) -> dict:
    discriminators = found.discriminators()
    if discriminators is None:
        raise ValueError(f"this {found.kind} has no discriminators; export it without --with-discriminators")
    return discriminators
