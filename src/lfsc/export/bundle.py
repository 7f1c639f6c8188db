"""A codec written as a bundle."""

from pathlib import Path
from typing import Any

from lfsc.config.instantiate import KNOWN, targets_of
from lfsc.export.model_card import model_card
from lfsc.formats import bundle
from lfsc.formats.skeleton import Tensors
from lfsc.formats.source import Source
from lfsc.models.codec import Codec
from lfsc.tokens.fingerprint import fingerprint, remove_codec_weight_norm


def write_bundle(
    found: Source,
    out: Path,
    *,
    with_discriminators: bool,
    weight_norm: bool = True,
    half: bool = False,
    statements: dict[str, str],
) -> None:
    """Write the folder `out`. `statements` are the licences of code, weights and data.

    `half` rounds the codec's weights to 16 bits, from which it is another codec, with a fingerprint of its own.
    """
    weight_norm = weight_norm and found.weight_norm
    if with_discriminators and not weight_norm:
        raise ValueError(
            "discriminators are for training, for which weights need their weight norm: leave out "
            "--remove-weight-norm or --with-discriminators"
        )
    codec = found.load_codec()
    if half:
        if not found.weight_norm:
            raise ValueError(
                "a codec without weight norm carries the fingerprint of its original, which 16 bits would belie: "
                "export with --half from the original"
            )
        round_to_half(codec)
    mark = fingerprint(codec)
    if found.weight_norm and not weight_norm:
        remove_codec_weight_norm(codec, fingerprint=mark)
    config: dict[str, Any] = {
        "fingerprint": mark,
        "weight_norm": weight_norm,
        "updates": found.updates,
        "licence": statements,
        "own_classes": sorted(set(targets_of(found.codec)) - KNOWN),
        "codec": found.codec,
    }
    tensors: dict[str, Tensors] = {bundle.WEIGHTS: codec.half().state_dict() if half else codec.state_dict()}
    if with_discriminators:
        config["discriminators"] = discriminators_of(found)
        weights = found.discriminator_weights()
        assert weights is not None  # of discriminators that are there
        tensors[bundle.DISCRIMINATORS] = weights
    bundle.write(out, config=config, card=model_card(codec, config), tensors=tensors)


def round_to_half(codec: Codec) -> None:
    """The nearest 16-bit numbers, as float32; whatever fingerprint the codec carried was another's."""
    codec.carried_fingerprint = None
    for parameter in codec.parameters():
        parameter.data = parameter.data.half().to(parameter.dtype)


def discriminators_of(found: Source) -> dict:
    discriminators = found.discriminators()
    if discriminators is None:
        raise ValueError(f"this {found.kind} has no discriminators; export it without --with-discriminators")
    return discriminators
